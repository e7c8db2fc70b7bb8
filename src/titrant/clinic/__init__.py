"""The desk: one function for each thing that a person does: open a case, decide, say."""
