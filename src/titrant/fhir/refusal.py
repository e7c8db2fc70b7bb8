"""Refusing a whole bundle."""

from titrant.terms.errors import CaseFileError


def refused(place: str, fault: str, why: str, repair: str) -> CaseFileError:
    """The error for a bundle of which nothing is taken over."""
    return CaseFileError(f"FHIR bundle, {place}" if place else "FHIR bundle", fault, why, repair)
