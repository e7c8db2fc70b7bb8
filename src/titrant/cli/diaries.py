"""Diary files onto a case: CSV or FHIR, told apart by content; all of a file or nothing of it."""

from pathlib import Path

import msgspec

from titrant.clinic.opening import bytes_of
from titrant.pathway.case import Case


def with_diaries(case: Case, paths: tuple[Path, ...]) -> Case:
    for path in paths:
        raw = bytes_of(path)
        if raw.lstrip()[:1] in (b"{", b"["):
            from titrant.fhir.diary import diary_of

            entries = diary_of(raw, case, path.name)
        else:
            from titrant.clinic.diary_csv import entries_of

            entries = entries_of(raw, path.name)
        given = msgspec.structs.replace(case.given, diary=(*case.given.diary, *entries))
        case = msgspec.structs.replace(case, given=given)
    return case
