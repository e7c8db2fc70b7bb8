"""A complete case in which nothing is alarming: the ground on which drawn cases are changed."""

from datetime import date, timedelta
from random import Random

# Reading: lowest and highest value, decimals, unit, and the upper limit of the laboratory where it has one.
CALM_READINGS: dict[str, tuple[int, int, int, str, str]] = {
    "weight": (42, 130, 1, "kg", ""),
    "height": (150, 195, 0, "cm", ""),
    "heart_rate": (52, 96, 0, "/min", ""),
    "oxygen_saturation": (94, 100, 0, "%", ""),
    "qtc": (360, 450, 0, "ms", ""),
    "alt": (8, 39, 0, "U/L", "40 U/L"),
    "ast": (8, 39, 0, "U/L", "40 U/L"),
    "alp": (40, 110, 0, "U/L", "120 U/L"),
    "ggt": (8, 50, 0, "U/L", "55 U/L"),
    "bilirubin": (3, 20, 0, "µmol/L", "21 µmol/L"),
    "creatinine": (50, 100, 0, "µmol/L", ""),
    "egfr": (60, 120, 0, "mL/min/1.73m2", ""),
    "pain": (3, 10, 0, "points", ""),
    "peg": (3, 10, 1, "points", ""),
    "phq9": (0, 9, 0, "points", ""),
    "phq9_item9": (0, 0, 0, "points", ""),
    "gad7": (0, 14, 0, "points", ""),
    "icsi": (0, 6, 0, "points", ""),
    "icpi": (0, 8, 0, "points", ""),
    "moca": (26, 30, 0, "points", ""),
    "ort": (0, 7, 0, "points", ""),
    "dast10": (0, 2, 0, "points", ""),
    "comm": (0, 8, 0, "points", ""),
}
CALM_ANSWERS = {
    "urine_dipstick": "normal",
    "urinary_symptoms": "none",
    "psychosis_screen": "negative",
    "urine_drug_test": "expected",
    "prescription_monitoring": "checked_nothing_unexpected",
    "consent": "yes",
    "able_to_consent": "yes",
    "safe_storage": "yes",
    "minors_protected": "yes",
    "responsible_adult": "yes",
    "driving_advice": "yes",
    "no_alcohol_agreed": "yes",
    "specialist_prescriber": "yes",
    "jurisdiction": "other",
    "ecg": "normal",
    "cssrs": "none",
}


def number_between(rng: Random, low: int, high: int, decimals: int) -> str:
    """A plain decimal from ``low`` to ``high`` with at most ``decimals`` places."""
    scale: int = 10**decimals
    whole, part = divmod(rng.randint(low * scale, high * scale), scale)
    return f"{whole}.{part:0{decimals}d}" if part else str(whole)


def reading(value: str, unit: str, on: date, upper: str = "") -> str:
    """A reading as a case writes it."""
    limit = f" (upper limit {upper})" if upper else ""
    return f"{value} {unit}{limit} on {on.isoformat()}"


def calm_readings(rng: Random, on: date) -> dict[str, list[str]]:
    """Every reading that may be needed, each a few days old at most."""
    found = {
        name: [reading(number_between(rng, low, high, places), unit, on - timedelta(rng.randint(0, 6)), upper)]
        for name, (low, high, places, unit, upper) in CALM_READINGS.items()
    }
    found["heart_rate"].append(reading(str(rng.randint(52, 96)), "/min", on - timedelta(rng.randint(0, 13))))
    pressures = (f"{rng.randint(100, 139)}/{rng.randint(55, 89)}" for _ in range(2))
    found["blood_pressure"] = [reading(one, "mmHg", on - timedelta(rng.randint(0, 13))) for one in pressures]
    return found


def calm_answers(rng: Random, age: int) -> dict[str, str]:
    """Every answer, none of them alarming; some of them lower a start."""
    found = dict(CALM_ANSWERS)
    found["sex"] = rng.choice(("female", "male"))
    found["childbearing"] = "yes" if found["sex"] == "female" and age < 50 and rng.random() < 0.5 else "no"
    found["pregnancy_test"] = "negative"
    found["frail"] = "yes" if rng.random() < 0.12 else "no"
    found["child_pugh"] = rng.choices(("none", "A", "B"), (12, 1, 2))[0]
    found["earlier_ketamine"] = rng.choice(("never", "never", "helped", "no_effect"))
    found["tolerance"] = rng.choice(("naive", "naive", "tolerant", "unknown"))
    return found


def born(on: date, age: int, days: int) -> date:
    """A birth date: ``age`` years before ``on`` by the calendar, and ``days`` earlier still (negative: later)."""
    day = min(on.day, 28) if on.month == 2 else on.day
    return date(on.year - age, on.month, day) - timedelta(days)
