"""The vocabulary: units, doses, guardrails, reasons, limited values and errors. Knows nothing of clinics or files."""
