"""Papers by Typst, and a clinic or a case as open files. Data go in as JSON; no source text is ever built from them."""
