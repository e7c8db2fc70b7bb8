"""Errors of the numbers room that a person can act on."""

from titrant.terms.errors import TitrantError


class UnusableNumbers(TitrantError):
    """Input that cannot be simulated or fitted as given: whoever asked must correct it."""

    exit_code = 2


class Stopped(TitrantError):
    """A calculation that had to stop; the message says where and why. No number of it is used."""

    exit_code = 13
