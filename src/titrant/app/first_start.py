"""First start: no account exists until somebody who sees the console has used the code printed there."""

from titrant.storage.people import new_set_up_code


def set_up_code() -> str | None:
    """A code to print once, for the page /set-up/; None where the clinic has staff. An earlier code is void."""
    return new_set_up_code()
