"""What a clinic runs for itself after an installation or an upgrade, with a report that it keeps."""
