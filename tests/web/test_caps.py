"""Raw INSERTs into the table of signed regimens: whatever is written, nothing over the absolute caps stays (T08)."""

import contextlib
import uuid
from random import Random
from typing import Any

import pytest

from titrant.record.appending import absolute_limits
from titrant.terms.reading import read_json

_LIMITS = {name: one["value"] for name, one in read_json(absolute_limits()).items() if name != "about"}
CAPS = {
    "dose_ug": int(_LIMITS["single_mg"]) * 1000, "daily_ug": int(_LIMITS["daily_mg"]) * 1000,
    "weekly_ug": int(_LIMITS["weekly_mg"]) * 1000, "times_per_day": int(_LIMITS["times_per_day"]), "days_per_week": 7,
    "supply_days": int(_LIMITS["supply_days"]),
}  # fmt: skip
COLUMNS = ("case", "number", "sha256", "protocol_sha256", "product", *CAPS, "active")
ODD = (
    None, 0, -1, 1e300, float("inf"), "inf", "NaN", "", "abc", "10 mg", 2**62, 0.5, True, b"\xff",
    "99999999999999999999",
)  # fmt: skip
DOSES = (1_000, 10_000, 50_000, 100_000, 100_001, 10**6)


def drawn(rng: Random) -> dict[str, Any]:
    dose, times, days = rng.choice(DOSES), rng.randint(1, 8), rng.randint(1, 8)
    row = {
        "dose_ug": dose, "times_per_day": times, "daily_ug": dose * times, "days_per_week": days,
        "weekly_ug": dose * times * days, "supply_days": rng.choice((1, 7, 28, 29, 400)),
    }  # fmt: skip
    for _ in range(rng.choice((0, 0, 1, 2))):
        row[rng.choice(sorted(CAPS))] = rng.choice(ODD)
    return row


def inserted(count: int, seed: int, table: str) -> tuple[int, int]:
    """How many of ``count`` drawn rows went in, and how many rows of them are over a cap, or no whole number."""
    from django.db import DatabaseError, connection, transaction

    rng, mark = Random(seed), uuid.uuid4().hex[:12]
    marks = ", ".join(["%s"] * len(COLUMNS))
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    with connection.cursor() as cursor:
        for number in range(count):
            row = drawn(rng)
            values = [f"{mark}-{number}", 1, "0" * 64, "0" * 64, "drawn", *(row[name] for name in CAPS), True]
            with contextlib.suppress(DatabaseError, OverflowError, ValueError), transaction.atomic():
                cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)  # noqa: S608 - our own names
        cursor.execute(f'SELECT {", ".join(CAPS)} FROM {table} WHERE "case" LIKE %s', [f"{mark}%"])  # noqa: S608
        rows = cursor.fetchall()
    return len(rows), sum(not _within(row) for row in rows)


def _within(row: tuple[Any, ...]) -> bool:
    return all(isinstance(value, int) and 1 <= value <= cap for value, cap in zip(row, CAPS.values(), strict=True))


def test_no_row_over_the_caps_stays(clinic_database) -> None:
    stored, over = inserted(400, 1, "storage_plan")
    assert stored > 10
    assert over == 0


@pytest.mark.release
def test_of_a_hundred_thousand_rows_none_over_the_caps_stays(clinic_database) -> None:
    stored, over = inserted(100_000, 2, "storage_plan")
    assert stored > 2_000
    assert over == 0


def test_a_table_without_its_checks_is_found(clinic_database) -> None:
    """The planted fault: the same rows into a table that has no CHECK."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE plan_unchecked AS SELECT * FROM storage_plan WHERE 1 = 0")
    assert inserted(200, 1, "plan_unchecked")[1] > 20
