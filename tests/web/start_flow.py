"""A typical synthetic patient for the flow from a new name to a signed plan: what is typed, and what is chosen."""

TYPED = {
    "name": "Ada Typical (synthetic)", "birth_date": "1974-05-02", "weight": "70", "phone": "+44 20 7946 0001",
    "blood_pressure": "126/78, 122/76", "heart_rate": "72", "oxygen_saturation": "98",
    "laboratory": "ALT 22 (limit 40); AST 20 (limit 40); ALP 70 (limit 120); GGT 25 (limit 55); bilirubin 9; eGFR 92",
    "goals": "walk to the shop and back",
}  # fmt: skip
WORDS = {
    "frail": "no", "child_pugh": "none", "earlier_ketamine": "never", "tolerance": "naive", "urine_dipstick": "normal",
    "urinary_symptoms": "none", "psychosis_screen": "negative", "urine_drug_test": "expected",
    "prescription_monitoring": "checked_nothing_unexpected", "consent": "yes", "able_to_consent": "yes",
    "safe_storage": "yes", "minors_protected": "yes", "responsible_adult": "yes", "driving_advice": "yes",
    "no_alcohol_agreed": "yes", "specialist_prescriber": "yes", "jurisdiction": "other", "cssrs": "none",
    "ecg": "normal", "seen_in_person": "yes",
}  # fmt: skip
SCORES = {
    "pain": "7", "phq9": "6", "phq9_item9": "0", "gad7": "4", "icsi": "2", "icpi": "1", "moca": "28", "ort": "2",
    "dast10": "0",
}  # fmt: skip
PEG = {"peg.pain": "7", "peg.enjoyment": "7", "peg.activity": "6"}
TYPED_TO_SIGN = ("typed", "password")
