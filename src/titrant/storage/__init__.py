"""The cellar: cases as rows of a database (SQLite or PostgreSQL), or in memory. Django: here, in web and in app."""
