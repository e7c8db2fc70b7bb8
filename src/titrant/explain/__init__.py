"""Reasons to words, tables and charts: the only place that makes sentences."""
