"""FHIR R4 in: a patient's record as an EHR writes it becomes a case, and what was not used is listed."""
