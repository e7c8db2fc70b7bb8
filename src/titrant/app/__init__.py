"""The only place that puts real things together: settings, the engine of the database, keys, and the wiring."""
