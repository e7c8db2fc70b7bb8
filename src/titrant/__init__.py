"""Titrant: decision support for prescribers of supervised oral and troche ketamine in chronic pain."""

__version__ = "0.1.0"
