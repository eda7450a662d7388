"""Wording for people: ids, counts and durations as all messages show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_SHOWN = 4
"""Ids of many that are shown."""


def short_ids(ids: Sequence[int]) -> str:
    """`[17, 18]`, or `[17, 18, 19, ... 46] (30 ids)` when there are many."""
    if len(ids) == 1:
        # A fast path for the usual case: every log line shows ids.
        return f"[{ids[0]}]"
    if len(ids) <= _SHOWN + 1:
        return str(list(ids))
    return f"[{', '.join(map(str, ids[: _SHOWN - 1]))}, ... {ids[-1]}] ({len(ids)} ids)"


def count(number: int, noun: str) -> str:
    """`1 subscription`, `2 subscriptions`, `2 deliveries`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def duration_text(ms: int) -> str:
    """A duration as the settings write it: `250ms`, `30s`, `1m30s`, `2h`."""
    if 0 < ms < 1_000:
        return f"{ms}ms"
    parts = []
    for name, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)):
        amount, ms = divmod(ms, size)
        if amount:
            parts.append(f"{amount}{name}")
    return "".join(parts) or "0"


def json_name(value: object) -> str:
    """What a parsed JSON value is called: `an object`, `an array`, `null`."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "null")


def meant(said: str, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known name most similar to an unknown one; None if none is as similar as `cutoff`, of at most 1."""
    # Imported only when a name is wrong: that is rare, and difflib takes half a megabyte.
    from difflib import get_close_matches

    close = get_close_matches(said, [str(name) for name in known], n=1, cutoff=cutoff)
    return close[0] if close else None


def field_name(name: str) -> str:
    """An attribute as Copper's messages name it: `company_id` as `Company Id` (recorded)."""
    return name.replace("_", " ").title()


def folded(text: str) -> str:
    """The text for case-insensitive comparison; the same object if nothing changes, to save memory."""
    other = text.casefold()
    return text if other == text else other


def lowered(text: str) -> str:
    """The text in lower case; the same object if nothing changes, to save memory."""
    other = text.lower()
    return text if other == text else other
