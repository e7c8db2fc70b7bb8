"""From a bundle to its resources: what kind of bundle it is, each resource once, and how references find them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from titrant.fhir.elements import Resource, Tree, child, children, code, number, objects_in, text
from titrant.fhir.refusal import refused
from titrant.fhir.unused import Unused

KINDS = ("transaction", "collection", "searchset", "batch", "document", "")
MAX_ENTRIES = 50_000
MEDICINES = ("MedicationRequest", "MedicationStatement", "MedicationAdministration", "MedicationDispense")


class Entry(Struct, frozen=True):
    """One resource and where it stood. ``resource`` may hold anything that a sender wrote.

    ``disputed``: it stands in the bundle in several ways, and which of them holds cannot be told.
    """

    resource: Resource
    full_url: str
    place: int
    disputed: bool = False

    @property
    def kind(self) -> str:
        return code(self.resource, "resourceType")

    @property
    def label(self) -> str:
        return f"entry {self.place}, {text(self.resource, 'resourceType')}"


def entries_of(bundle: Tree, unused: Unused) -> tuple[Entry, ...]:
    """Every resource of ``bundle``, each once. Refuses what is not an R4 bundle with something in it."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise refused(
            "",
            "It is not a FHIR Bundle.",
            "A record is read as a whole, so that nobody's facts are mixed up or left out.",
            "Export the record as a Bundle, for instance with Patient/$everything.",
        )
    _check_kind(bundle)
    raw = children(bundle, "entry")
    if not raw:
        raise refused(
            "entry",
            "It is empty.",
            "A record without entries says nothing about the person, and nothing must not look like no problems.",
            "Export the record again.",
        )
    if len(raw) > MAX_ENTRIES:
        raise refused(
            "entry",
            f"It has {len(raw):,} entries; at most {MAX_ENTRIES:,} are read.",
            "A record of one person is smaller than that.",
            "Export one patient, not a population.",
        )
    _say_if_incomplete(bundle, unused)
    found = tuple(_readable(raw, unused))
    for entry in found:
        _check_release(entry)
    return _each_once(found, unused)


def _check_kind(bundle: Resource) -> None:
    kind = code(bundle, "type")
    if kind not in KINDS:
        raise refused(
            "type",
            f"Bundles of the type {text(bundle, 'type')!r} are not read.",
            "A history holds what no longer applies, and a response holds no record.",
            f"Send one of: {', '.join(filter(None, KINDS))}.",
        )
    if code(bundle, "implicitRules") or any("modifierExtension" in one for one in (bundle, *children(bundle, "entry"))):
        raise refused(
            "implicitRules or modifierExtension",
            "The bundle says that it follows rules that are not known here.",
            "Such rules can turn the meaning of what it holds around.",
            "Export the record without them.",
        )
    if "issues" in bundle:
        raise _not_r4("Bundle.issues", "FHIR R5")


def _say_if_incomplete(bundle: Resource, unused: Unused) -> None:
    if has_further_pages(bundle):
        unused.say("Further pages of this search answer", "they are not in the file, so the record is incomplete")


def has_further_pages(bundle: Resource) -> bool:
    """Whether it is one page of several: it names a next one, or counts more matches than it holds."""
    named = any(code(link, "relation") == "next" for link in children(bundle, "link"))
    total = number(bundle, "total")
    return named or (total is not None and matches(bundle) < total)


def matches(bundle: Resource) -> int:
    """How many entries were asked for; others were only sent along."""
    return sum(code(child(one, "search"), "mode") in ("", "match") for one in children(bundle, "entry"))


def _readable(raw: list[Resource], unused: Unused) -> Iterator[Entry]:
    for place, one in enumerate(raw, start=1):
        resource = child(one, "resource")
        method = code(child(one, "request"), "method")
        if not code(resource, "resourceType"):
            unused.say("An entry without a resource", "there is nothing to read")
        elif method in ("DELETE", "PATCH"):
            unused.say(f"An entry that asks for {method}", "only whole resources are read")
        else:
            yield Entry(resource, code(one, "fullUrl"), place)


def _check_release(entry: Entry) -> None:
    """Other releases of FHIR write some facts where an R4 reader would overlook them."""
    resource, kind = entry.resource, entry.kind
    where = f"{entry.label}: "
    if kind in ("MedicationOrder", "MedicationUsage"):
        raise _not_r4(where + kind, "FHIR DSTU2 or R5")
    if kind in MEDICINES and "medication" in resource:
        raise _not_r4(where + "medication", "FHIR R5")
    if kind == "MedicationStatement" and ("taken" in resource or "adherence" in resource):
        raise _not_r4(where + ("taken" if "taken" in resource else "adherence"), "FHIR STU3 or R5")
    if kind == "MedicationStatement" and code(resource, "status") in ("recorded", "draft"):
        raise _not_r4(where + "status", "FHIR R5")
    if kind == "AllergyIntolerance" and ("substance" in resource or isinstance(resource.get("type"), dict)):
        raise _not_r4(where + ("substance" if "substance" in resource else "type"), "FHIR DSTU2 or R5")
    if kind in ("Condition", "AllergyIntolerance"):
        for key in ("clinicalStatus", "verificationStatus"):
            if isinstance(resource.get(key), str):
                raise _not_r4(where + key, "FHIR DSTU2 or STU3")


def _not_r4(place: str, release: str) -> Exception:
    return refused(
        place,
        f"This is written as in {release}; only R4 (4.0.1) is read.",
        "Read as R4, facts in other places would be overlooked.",
        "Ask the record system for R4.",
    )


def _each_once(found: tuple[Entry, ...], unused: Unused) -> tuple[Entry, ...]:
    """Entries that name the same resource count once: the newest version, or all as disputed if that is not known."""
    first: dict[str, int] = {}
    leads = list(range(len(found)))
    for place, entry in enumerate(found):
        for name in _names(entry):
            leads[_lead(place, leads)] = _lead(first.setdefault(name, place), leads)
    groups: dict[int, list[Entry]] = {}
    for place, entry in enumerate(found):
        groups.setdefault(_lead(place, leads), []).append(entry)
    kept = [one for group in groups.values() for one in _newest_version(group, unused)]
    return tuple(sorted(kept, key=lambda entry: entry.place))


def _lead(place: int, leads: list[int]) -> int:
    """The entry that stands for all that name the same resource as the one at ``place``."""
    while leads[place] != place:
        leads[place] = leads[leads[place]]
        place = leads[place]
    return place


def _names(entry: Entry) -> tuple[str, ...]:
    """By what the resource can be named: its full URL and, unless that is an address on a server, its type and id."""
    url, own = entry.full_url, code(entry.resource, "id")
    by_id = (f"{entry.kind}/{own}",) if own and not is_address(url) else ()
    return (*((_versionless(url),) if url else ()), *by_id)


def is_address(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


def _versionless(url: str) -> str:
    return url.split("/_history/", 1)[0]


def _newest_version(group: list[Entry], unused: Unused) -> list[Entry]:
    first = group[0]
    if all(one.resource == first.resource for one in group):
        return [first]
    if first.kind == "Patient":
        raise refused(
            first.label,
            "The patient stands in the bundle more than once, with different content.",
            "Which of the two is right cannot be told from here.",
            "Export the record again, for one patient only.",
        )
    for age in (_version, _updated):
        ages = [age(one) for one in group]
        youngest = max(ages)
        newest = [one for one, how_old in zip(group, ages, strict=True) if how_old == youngest]
        if all(ages) and all(one.resource == newest[0].resource for one in newest):
            unused.say(f"An older version of a {text(first.resource, 'resourceType')}", "the newest version was read")
            return newest[:1]
    unused.say(
        f"A {text(first.resource, 'resourceType')} that stands in the bundle more than once with different content",
        "which one holds cannot be told, so none was used",
    )
    return [msgspec.structs.replace(one, disputed=True) for one in group]


def _version(entry: Entry) -> str:
    """The version as digits of one length, so that text order is number order; empty where there is none."""
    written = code(child(entry.resource, "meta"), "versionId")
    return written.zfill(9) if written.isascii() and written.isdigit() and len(written) < 10 else ""


def _updated(entry: Entry) -> str:
    """The instant of the last change in UTC, so that offsets do not matter; empty where there is none."""
    try:
        written = datetime.fromisoformat(code(child(entry.resource, "meta"), "lastUpdated"))
    except ValueError:
        return ""
    return written.astimezone(UTC).isoformat() if written.tzinfo and 1 < written.year < 9999 else ""


class References:
    """Finds the resource that a reference names, within the bundle or within the resource that refers."""

    def __init__(self, entries: tuple[Entry, ...]) -> None:
        self._by_name: dict[str, list[Entry]] = {}
        for entry in entries:
            for name in () if entry.disputed else _reference_names(entry):
                self._by_name.setdefault(name, []).append(entry)

    def find(self, reference: str, holder: Resource) -> Resource | None:
        """The one resource named, or None if there is none or more than one."""
        if reference.startswith("#"):
            inside = [one for one in children(holder, "contained") if code(one, "id") == reference[1:]]
            return inside[0] if len(inside) == 1 else None
        found = self._by_name.get(_versionless(reference), [])
        distinct = {id(entry.resource): entry.resource for entry in found}
        return next(iter(distinct.values())) if len(distinct) == 1 else None


def _reference_names(entry: Entry) -> set[str]:
    names = set(_names(entry))
    own = code(entry.resource, "id")
    if own:
        names.add(f"{entry.kind}/{own}")
    if entry.full_url.startswith("urn:uuid:"):
        names.add(f"{entry.kind}/{entry.full_url.removeprefix('urn:uuid:')}")
    if is_address(entry.full_url):
        names.add("/".join(urlsplit(_versionless(entry.full_url)).path.split("/")[-2:]))
    return names


def modified(resource: Resource) -> str:
    """Why the resource may not be interpreted: rules or modifiers that are not known here. Empty if there are none."""
    if resource.get("implicitRules"):
        return "it follows implicit rules that are not known here"
    if any(one.get("modifierExtension") for one in objects_in(resource, skip=("contained", "text"))):
        return "it carries a modifier extension that is not known here"
    return ""
