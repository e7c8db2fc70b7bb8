"""A second computation of start and ceiling, by another reading of the same files."""
