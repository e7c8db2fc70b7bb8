"""Django's SQLite, with writers of one process in a line."""
