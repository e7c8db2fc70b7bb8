"""The chart of a course: shapes tell what colours tell, late entries are open, and a gap stays a gap."""

import re
from datetime import date, timedelta

from titrant.explain.course_chart import Course, DayMark, Level, Mark, column_text, columns, course_svg

FIRST = date(2026, 11, 1)


def on(day: int) -> date:
    return FIRST + timedelta(days=day)


def course(**changes: object) -> Course:
    days = tuple(DayMark(on=on(place), late=False, pain=5, mean=5, activity="done", grade=0) for place in range(20))
    base: dict[str, object] = {"first": FIRST, "last": on(27), "today": on(20), "days": days}
    return Course(**{**base, **changes})  # type: ignore[arg-type]


def paths(svg: str, kind: str) -> list[str]:
    return re.findall(rf'<path class="{kind}" d="([^"]*)"', svg)


def test_a_late_entry_is_drawn_open() -> None:
    days = (DayMark(on=on(0), late=False, pain=5), DayMark(on=on(1), late=True, pain=6))
    svg = course_svg(course(days=days), "course")
    assert len(paths(svg, "pain")) == 1
    assert len(paths(svg, "pain late")) == 1


def test_the_mean_breaks_where_a_day_has_no_entry() -> None:
    whole = paths(course_svg(course(), "course"), "mean")[0]
    gap = tuple(day for day in course().days if day.on != on(7))
    broken = paths(course_svg(course(days=gap), "course"), "mean")[0]
    assert whole.count("M") == 1
    assert broken.count("M") == 2


def test_every_grade_has_a_shape_of_its_own() -> None:
    days = tuple(DayMark(on=on(grade), late=False, grade=grade) for grade in range(1, 5))
    svg = course_svg(course(days=days), "course")
    shapes = [re.sub(r"[0-9.-]+", "", paths(svg, f"grade g{grade}")[0]) for grade in range(1, 5)]
    assert len(set(shapes)) == 4


def test_a_step_stands_through_all_lanes_with_what_pain_did() -> None:
    step = Mark(on(10), "dose 10 mg to 20 mg; pain after it", "−1.2 (−2.0 to −0.4)")
    svg = course_svg(course(steps=(step,), levels=(Level(FIRST, 30, "30 mg"), Level(on(10), 60, "60 mg"))), "course")
    assert len(paths(svg, "step")) == 1
    assert "−1.2 (−2.0 to −0.4)" in svg
    assert ">30 mg<" in svg
    assert ">60 mg<" in svg


def test_two_steps_close_together_do_not_write_over_each_other() -> None:
    steps = tuple(Mark(on(day), "step", "−1.2 (−2.0 to −0.4)") for day in (10, 11))
    assert course_svg(course(steps=steps), "course").count(">−1.2 (−2.0 to −0.4)<") == 1


def test_checks_of_one_day_show_the_gravest_and_name_all() -> None:
    checks = (Mark(on(18), "Weight: due", "due"), Mark(on(18), "Liver tests: OVERDUE", "overdue"))
    svg = course_svg(course(checks=checks), "course")
    assert len(paths(svg, "check overdue")) == 1
    assert "Weight: due; Liver tests: OVERDUE" in svg


def test_a_check_that_is_overdue_since_before_the_axis_is_still_seen() -> None:
    assert paths(course_svg(course(checks=(Mark(on(-40), "Weight", "overdue"),)), "course"), "check overdue")


def test_how_long_a_troche_was_held_has_a_lane_only_where_it_was_said() -> None:
    assert "Troche held" not in course_svg(course(), "course")
    days = (
        DayMark(on=on(1), late=False, held=20, then="spat"),
        DayMark(on=on(2), late=False, held=30, then="swallowed"),
    )
    svg = course_svg(course(days=days), "course")
    assert "Troche held" in svg
    assert paths(svg, "spat")
    assert paths(svg, "swallowed")


def test_the_table_has_every_day_and_says_where_there_is_no_entry() -> None:
    rows = columns(course())
    assert [row.first for row in rows] == [on(day) for day in range(21)]
    assert rows[-1].cells[-1] == "no entry"
    assert column_text(rows[0]).startswith("2026-11-01: ")
    assert "pain 5" in column_text(rows[0])


def test_a_long_course_is_told_by_weeks() -> None:
    long = course(first=on(-700))
    assert {(row.last - row.first).days for row in columns(long)} == {6}
    assert len(course_svg(long, "course")) < 60_000


def test_words_are_escaped() -> None:
    bad = '"><script>alert(1)</script>'
    svg = course_svg(course(sessions=(Mark(on(3), bad, bad),), checks=(Mark(on(3), bad, "done"),)), bad)
    assert "<script" not in svg


def test_what_is_not_escaped_is_found(monkeypatch) -> None:
    """The planted fault: the test above can fail."""
    monkeypatch.setattr("titrant.explain.course_chart.escape", lambda text: text)
    svg = course_svg(course(sessions=(Mark(on(3), "<script>", "<script>"),)), "course")
    assert "<script" in svg
