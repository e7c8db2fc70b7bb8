"""Check digits of code systems: codes from memory are unreliable, and a wrong digit should not survive a check."""

# Verhoeff's tables, generated from the dihedral group of order ten rather than copied.
_MULTIPLY = [[(i + j) % 5 if i < 5 and j < 5 else 0 for j in range(10)] for i in range(10)]
for _i in range(10):
    for _j in range(10):
        _a, _b, _turn_a, _turn_b = _i % 5, _j % 5, _i >= 5, _j >= 5
        _spin = (_a - _b) % 5 if _turn_a else (_a + _b) % 5
        _MULTIPLY[_i][_j] = _spin + (5 if _turn_a != _turn_b else 0)
_ONCE = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_PERMUTE = [list(range(10))]
for _ in range(7):
    _PERMUTE.append([_ONCE[digit] for digit in _PERMUTE[-1]])


def snomed_is_valid(code: str) -> bool:
    """Whether ``code`` is 6 to 18 digits with a right Verhoeff check digit (SNOMED CT identifier)."""
    if not (code.isascii() and code.isdigit() and 6 <= len(code) <= 18) or code[0] == "0":
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = _MULTIPLY[check][_PERMUTE[place % 8][int(digit)]]
    return check == 0


def loinc_is_valid(code: str) -> bool:
    """Whether ``code`` is digits, a hyphen and a right mod-10 (Luhn) check digit (LOINC)."""
    number, hyphen, check = code.partition("-")
    if not (hyphen and code.isascii() and number.isdigit() and len(check) == 1 and check.isdigit()):
        return False
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * 2 if place % 2 == 0 else int(digit)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == int(check)
