"""What forms of staff pages share: a field for a new password, lists in a box, and where a refusal is shown."""

from typing import Any

from django import forms

from titrant.terms.errors import TitrantError


def password_field() -> forms.CharField:
    return forms.CharField(
        max_length=200, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least twelve characters; a sentence is good. Nobody else can see it.",
    )  # fmt: skip


def lines_of(text: str) -> tuple[str, ...]:
    """The lines of a box, each once, in their order."""
    return tuple(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))


def shown_error(form: Any, error: TitrantError) -> None:
    """Show a refusal at the field that it names, else above the form."""
    form.add_error(error.place if error.place in form.fields else None, f"{error.fault} {error.why} {error.repair}")
