"""Small helps for messages: the known name nearest to a wrong one, and the article that a word takes."""

from collections.abc import Iterable


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """`` Did you mean weight?`` with the nearest of the ``known`` names, letter case aside; empty if none is near."""
    from difflib import get_close_matches  # only where something is wrong

    names = {name.casefold(): name for name in known}
    near = get_close_matches(written.casefold()[:_LONGEST], names)
    return f" Did you mean {names[near[0]]}?" if near else ""


def with_article(words: str) -> str:
    """``an enzyme activity``, ``a drug mass``."""
    return f"{'an' if words[:1] in tuple('aeiou') else 'a'} {words}"


_LONGEST = 60  # comparing is slow on long text, and no known name is longer
