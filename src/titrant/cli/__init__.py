"""The command line: the same verbs as the spine, on case files and bundles."""
