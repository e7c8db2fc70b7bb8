"""``titrant review`` and ``titrant adjust``: following a running course."""

from pathlib import Path
from typing import Any

import click

from titrant.cli.opened import Opening


def _opened(diary: tuple[Path, ...], **options: Any) -> Any:
    from titrant.cli.diaries import with_diaries

    opening = Opening(options["case"], options["answers"], options["on"], options["protocol"], options["clinic"])
    desk, case = opening.open()
    return desk, with_diaries(case, diary)


def register(group: click.Group, case_command: Any, show: Any) -> None:
    """Add the commands to ``group``, with the options that every command on a case takes."""
    diary_option = click.option(
        "--diary", type=click.Path(path_type=Path, dir_okay=False), multiple=True,
        help="Diary entries to add: CSV (docs/diary-csv.md), or FHIR R4 QuestionnaireResponses (JSON).",
    )  # fmt: skip

    rules_only_option = click.option(
        "--rules-only", is_flag=True, help="Leave the response model out: quicker, and the answer of the rules alone."
    )

    @group.command()
    @case_command
    @diary_option
    @rules_only_option
    def review(as_json: bool, diary: tuple[Path, ...], rules_only: bool, **options: Any) -> None:
        """Review the running course of CASE: benefit, harm, what was taken, what is due, what is missing."""
        from titrant.clinic import following, saying_following, saying_model, telling_following
        from titrant.clinic.model import LEFT_OUT, model_on

        desk, case = _opened(diary, **options)
        found = following.review_at(desk, case)
        model = LEFT_OUT if rules_only else model_on(found)
        show(
            as_json,
            lambda: {**saying_following.review_data(found), "model": saying_model.model_data(model, desk.words)},
            lambda: telling_following.review_page(found, desk.words, model),
        )

    @group.command()
    @case_command
    @diary_option
    @rules_only_option
    def adjust(as_json: bool, diary: tuple[Path, ...], rules_only: bool, **options: Any) -> None:
        """Propose the next action for CASE: stop, pause, lower, hold, raise, or a planned trial of less."""
        from titrant.clinic import following, saying_following, telling_following

        desk, case = _opened(diary, **options)
        followed = following.follow_at(desk, case, rules_only=rules_only)
        decided = followed.decided
        show(
            as_json,
            lambda: {
                "case_sha256": saying_following.case_sha256(decided),
                **saying_following.adjustment_data(decided, desk.words, followed),
            },
            lambda: telling_following.adjustment_page(decided, desk.words, desk.clinic, followed),
        )
