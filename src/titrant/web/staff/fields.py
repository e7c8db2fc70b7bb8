"""Fields of forms for facts: the question, what was typed, and what is wrong with it."""

from collections.abc import Mapping

from titrant.clinic.acts.recording import Strange
from titrant.clinic.asked_facts import AskedFact
from titrant.terms.errors import TitrantError


class Filled:
    """What one field shows: the question, what was typed, and what is wrong with it."""

    def __init__(self, asked: AskedFact, posted: Mapping[str, str], faults: Mapping[str, TitrantError]) -> None:
        self.asked, self.fault = asked, faults.get(asked.key)
        self.value = posted.get(asked.key, "")
        self.upper, self.again = posted.get(f"upper.{asked.key}", ""), posted.get(f"again.{asked.key}", "")
        self.twice = isinstance(self.fault, Strange) or bool(self.again)
