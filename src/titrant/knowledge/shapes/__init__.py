"""The shapes of the knowledge files: what may stand in each, with units and types. One module for each kind."""
