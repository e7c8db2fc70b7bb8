"""What a person does at the clinic, one function per act: load, decide, append, say."""
