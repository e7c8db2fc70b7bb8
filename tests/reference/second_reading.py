"""Start and ceiling worked out a second time, from the protocol files, in exact fractions (T06).

Written from what the files say, for comparison with what Titrant does. It takes the case as plain data and uses no code
of Titrant. A dose that was worked out stands on paper as milligrams of base cut down to a thousandth; a dose that
somebody wrote stands as written. Everything before that is exact.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import floor, prod
from typing import Any

from tests.reference.drugs_taken import counted, effects
from tests.reference.files import Files, Tree, amount, size, word

Limit = tuple[str, Fraction]


@dataclass(frozen=True)
class Rung:
    """One level: mg of base in one dose, pieces, and days after the start."""

    dose: Fraction
    pieces: Fraction
    day: int


@dataclass(frozen=True)
class Reading:
    """What the second reading makes of a case."""

    beyond: frozenset[str]  # why the request is refused
    allowed: Fraction | None  # the start before pieces; None if there is nothing to start from
    binding: frozenset[str]  # caps that stand exactly at the start, if the start was cut
    times: int
    days: int
    fault: str  # why no pieces can be given
    rungs: tuple[Rung, ...]  # the start and the levels above it


def on_paper(mg: Fraction) -> Fraction:
    return Fraction(mg.numerator * 1000 // mg.denominator, 1000)


class Second:
    """One case against one protocol."""

    def __init__(self, files: Files, case: dict[str, Any]) -> None:
        self.files, self.case, self.given = files, case, case["given"]
        self.protocol: Tree = files.protocols[case["protocol"]]
        self.on = date.fromisoformat(case["on"])
        self.asked: Tree = case["asked"] or {}

    # The person

    @cached_property
    def age(self) -> int:
        born = date.fromisoformat(self.given["patient"]["birth_date"])
        had_birthday = (self.on.month, self.on.day) >= (born.month, born.day)
        return self.on.year - born.year - (0 if had_birthday else 1)

    @cached_property
    def weight(self) -> tuple[Fraction, int] | None:
        """The newest weight in kg (of several on one day the lowest) and its age in days."""
        written = self.given["readings"].get("weight", ())
        weighed = [_weighed(one) for one in ((written,) if isinstance(written, str) else written)]
        if not weighed:
            return None
        newest = max(day for day, _ in weighed)
        return min(kg for day, kg in weighed if day == newest), (self.on - newest).days

    def answer(self, name: str) -> str | None:
        written = self.given["answers"].get(name)
        return written["answer"] if isinstance(written, dict) else written

    @cached_property
    def taken(self) -> list[Tree]:
        """What the interaction files say of every drug that still acts."""
        listed = (self.given["medications"] or {}).get("list", ())
        return [one for drug in listed for one in effects(self.files, drug, self.on)]

    def holds(self, when: Tree) -> bool:
        """Whether a condition of the files is known to hold."""
        if "any" in when:
            return any(self.holds(one) for one in when["any"])
        if "all" in when:
            return all(self.holds(one) for one in when["all"])
        if when["is"] == "equals":
            return self.answer(when["fact"]) == word(when["value"])
        known = {"age": self.age, "depressants": counted(self.taken, "depressant")}
        known["inhibitors"] = counted(self.taken, "inhibitor")
        assert when["is"] == "at_least"
        assert when["fact"] in known
        return known[when["fact"]] >= amount(when["value"])[0]

    # What is wanted

    @cached_property
    def normal(self) -> Fraction | None:
        """What the protocol gives to an adult without any reason for less."""
        start = self.protocol["start"]
        if self.protocol.get("from_parenteral"):
            return self._converted()
        if "fixed" in start:
            return size(start["fixed"]["value"])
        return self._for_weight(size(start["by_weight"]["value"]))

    def _for_weight(self, mg_per_kg: Fraction) -> Fraction | None:
        if self.weight is None or self.weight[1] > self.files.holds["weight"]:
            return None
        return mg_per_kg * self.weight[0]

    def _converted(self) -> Fraction | None:
        """The newest session that was tolerated, by the proposed share, spread over the doses of a day."""
        sessions = [(date.fromisoformat(one["on"]), size(one["dose_24h"]), one) for one in self.given["parenteral"]]
        if not sessions:
            return None
        day = max(one[0] for one in sessions)
        least = min(mg for on, mg, _ in sessions if on == day)
        borne = all(one["tolerated"] == "yes" for on, _, one in sessions if on == day)
        if (self.on - day).days > self.files.holds["parenteral_session"] or not borne:
            return None
        way = next(one for one in self.protocol["conversions"] if one.get("proposed"))
        return least * size(way["share_from"]) / 100 / self.protocol["start"]["times_per_day"]["value"]

    @cached_property
    def tier(self) -> Tree | None:
        return next((one for one in self.protocol.get("tiers", ()) if one["id"] == self.asked.get("tier")), None)

    @cached_property
    def wanted(self) -> Fraction | None:
        """The dose of one giving that is asked for, else the protocol's own."""
        if self.asked.get("dose"):
            number, unit = amount(self.asked["dose"])
            return number if unit == "mg" else self._worked_out(self._for_weight(number))
        return size(self.tier["dose_from"]) if self.tier else self._worked_out(self.normal)

    @staticmethod
    def _worked_out(mg: Fraction | None) -> Fraction | None:
        return None if mg is None else on_paper(mg)

    @property
    def times(self) -> int:
        return self._asked_or_own("times_per_day")

    @property
    def days(self) -> int:
        return self._asked_or_own("days_per_week")

    def _asked_or_own(self, what: str) -> int:
        asked = self.asked.get(what)
        return self.protocol["start"][what]["value"] if asked is None else asked

    def beyond(self, dose: Fraction, expected: Fraction) -> frozenset[str]:
        """What of the request is beyond a hard bound, or looks like a slip beside the expected start."""
        bounds, setting = self.protocol["bounds"], self.asked.get("setting", "home")
        single = size(bounds["single"]["hard_home" if setting == "home" else "hard_observed"]["value"])
        factor = bounds["typing_error_factor"]["value"]
        by_hand = bool(self.asked.get("dose")) and not self.tier
        faults = {
            "asked_above_single_bound": dose > single,
            "asked_above_daily_bound": dose * self.times > size(bounds["daily"]["hard"]["value"]),
            "asked_above_weekly_bound": dose * self.times * self.days > size(bounds["weekly"]["hard"]["value"]),
            "asked_too_often": self.times not in range(1, bounds["times_per_day"]["value"] + 1)
            or self.days not in range(1, 8),
            "asked_looks_like_a_slip": by_hand
            and (dose >= on_paper(expected * factor) or dose <= on_paper(expected / factor)),
            **self._tier_faults(dose, setting),
        }
        return frozenset(code for code, wrong in faults.items() if wrong)

    def _tier_faults(self, dose: Fraction, setting: str) -> dict[str, bool]:
        tier, start = self.tier, self.protocol["start"]
        if tier is None:
            return {}
        patterns = [(start["times_per_day"]["value"], start["days_per_week"]["value"])]
        patterns += [(one["times_per_day"], days) for one in tier["frequencies"] for days in one["days_per_week"]]
        return {
            "tier_not_in_this_setting": setting not in tier["settings"],
            "asked_outside_tier": not size(tier["dose_from"]) <= dose <= size(tier["dose_to"]),
            "asked_pattern_not_in_tier": (self.times, self.days) not in patterns,
        }

    # Caps

    @cached_property
    def limits(self) -> list[tuple[str, Tree]]:
        """What the liver and other drugs say of a start: (code, limit), each drug once however often it is listed."""
        found = {(rule["code"], ""): rule["limit"] for rule in self._bands() if "limit" in rule}
        for one in self.taken:
            # An inducer never changes a dose, so an inducer's rule is no limit.
            if "limit" in one["rule"] and "inducer" not in one.get("counts", ()):
                found[one["rule"]["code"], one["taken"]] = one["rule"]["limit"]
        return [(code, limit) for (code, _), limit in found.items()]

    @cached_property
    def shares(self) -> list[Limit]:
        """By how much they cut it."""
        return [(code, min(Fraction(one["share"]), Fraction(1))) for code, one in self.limits if "share" in one]

    @cached_property
    def reduced(self) -> bool:
        """Whether this is one of the people for whom the files ask for a smaller start."""
        return bool(self.limits) or any(self.holds(one["when"]) for one in self.protocol["start"]["reductions"])

    def _bands(self) -> list[Tree]:
        """Of the measured bands that limit a start, those that apply. Such bands read words only, each fact once."""
        bands = [band for one in self.files.conditions for band in one.get("bands", ()) if "limit" in band]
        return [band for band in bands if self.holds(band["when"])]

    @cached_property
    def exposure(self) -> Fraction:
        return prod((share for _, share in self.shares), start=Fraction(1))

    def caps(self, normal: Fraction) -> list[Limit]:
        start, bounds = self.protocol["start"], self.protocol["bounds"]
        each_day = start["times_per_day"]["value"]
        found = [
            ("start_cap", size(start["at_most"]["value"])),
            ("usual_single_bound", size(bounds["single"]["usual"]["value"])),
            ("usual_daily_bound", size(bounds["daily"]["usual"]["value"]) / each_day),
            *((code, normal * share) for code, share in self.shares),
            *((code, size(one["at_most"])) for code, one in self.limits if "at_most" in one),
        ]
        if self.weight is not None:
            found.append(("start_cap_by_weight", size(start["at_most_by_weight"]["value"]) * self.weight[0]))
        found += [(one["code"], size(one["at_most"])) for one in start["reductions"] if self.holds(one["when"])]
        if len(self.shares) > 1:
            found.append(("exposures_multiply", normal * self.exposure))
        return found

    # Pieces

    @cached_property
    def product(self) -> tuple[Tree, Fraction, Fraction]:
        """The product, the base in one piece or mL, and the smallest part of it."""
        chosen = self.case["product"]
        tree = self.files.products[chosen["family"] if chosen else self.protocol["default_product"]]
        strength = size(chosen["strength"] if chosen else self.protocol["default_strength"])
        counts = (chosen["content"] if chosen else "") or tree["content"]["value"]
        part = str(tree["smallest_part"]["value"])
        smallest = size(part) if part.endswith("mL") else Fraction(part)
        return tree, strength * (self.files.salt if counts == "hydrochloride" else 1), smallest

    @cached_property
    def smallest_mg(self) -> Fraction:
        """The base in the smallest part, on paper. Every dose on paper is a whole number of these."""
        return on_paper(self.product[1] * self.product[2])

    def pieces(self, dose: Fraction) -> Fraction:
        return floor(dose / self.smallest_mg) * self.product[2]

    def weighs(self, pieces: Fraction) -> Fraction:
        return pieces / self.product[2] * self.smallest_mg

    @property
    def most_pieces(self) -> Fraction:
        return Fraction(self.product[0]["most_pieces"]["value"])

    # The ladder

    def rungs(self, allowed: Fraction, times: int) -> tuple[Rung, ...]:
        step, trial = self.protocol["step"], self.protocol["trial"]
        pieces = self.pieces(allowed)
        found = [Rung(self.weighs(pieces), pieces, 0)]
        # A step raises exposure as the start does, so what cuts the start by a share cuts the step by as much.
        wide = on_paper(size(step["by"]["value"]) * self.exposure)
        # Whoever needs a smaller start needs smaller steps, whatever was asked for and however it was rounded. Were it
        # held against the start by this person's weight, a lighter person could be raised faster than a heavier one.
        if self.reduced:
            wide = min(wide, size(step["by_when_reduced"]["value"]))
        grown = 1 + size(step["percent"]["value"]) / 100
        ceiling = on_paper(self._ceiling(times) * self.exposure)
        room = size(trial["plan_ends_after"]["value"]) - size(trial["length"]["value"])
        while True:
            held, day = found[-1], found[-1].day + int(size(step["interval"]["value"]))
            # As much as the pieces allow: a higher level may not end a ladder on which a lower one goes on.
            pieces = min(self.pieces(min(held.dose + wide, held.dose * grown, ceiling)), self.most_pieces)
            if day > room or self.weighs(pieces) <= held.dose:
                return tuple(found)
            found.append(Rung(self.weighs(pieces), pieces, day))

    def _ceiling(self, times: int) -> Fraction:
        bounds = self.protocol["bounds"]
        single, daily = bounds["single"], size(bounds["daily"]["usual"]["value"])
        return min(size(single["usual"]["value"]), size(single["hard_home"]["value"]), daily / times)

    # The answer

    def read(self) -> Reading:
        start = self.protocol["start"]
        times = min(self.times, start["times_per_day"]["value"])
        days = min(self.days, start["days_per_week"]["value"])
        if self.normal is None or self.wanted is None:
            return Reading(frozenset(), None, frozenset(), times, days, "", ())
        caps = self.caps(self.normal)
        lowest = on_paper(min(mg for _, mg in caps))
        wanted = self.wanted
        allowed = min(wanted, lowest)
        beyond = self.beyond(wanted, min(on_paper(self.normal), lowest))
        binding = frozenset(code for code, mg in caps if on_paper(mg) == lowest) if lowest < wanted else frozenset()
        fault = self._fault(allowed)
        workable = not fault and not beyond
        rungs = self.rungs(allowed, times) if workable else ()
        return Reading(beyond, allowed, binding, times, days, fault, rungs)

    def _fault(self, allowed: Fraction) -> str:
        pieces = self.pieces(allowed)
        if self.weighs(pieces) == 0:
            return "no_piece_small_enough"
        return "too_many_pieces" if pieces > self.most_pieces else ""


def _weighed(text: str) -> tuple[date, Fraction]:
    value, _, day = text.partition(" on ")
    return date.fromisoformat(day[:10]), size(value)
