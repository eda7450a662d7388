"""Wording for people: ids, counts and durations as all messages show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SHOWN = 4
"""Ids of many that are shown."""

_CLOSE = 0.65
"""How similar a name must be; `emial` and `emails` are 0.73, but `fine` and `failed` 0.6."""

_VERY_CLOSE = 0.8
"""How similar a name must be to be meant rather than one with the same words; `limit` and `limits` are 0.91."""

_LONGEST = 200
"""Characters of an unknown name that are compared with the known ones."""

_ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")
"""Where an object is in memory, as the default `repr` shows it: different in each run."""


STOOD_STILL = "time is frozen, and with it the timers of the test's event loop (freeze it with real_asyncio=True)"
"""Why an asynchronous endpoint waited in vain, if that is so."""


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
    return f"{number:,} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """`subscriptions`, `deliveries`, `statuses`, `keys`, `kinds of destination`, `types with custom fields`."""
    for between in (" of ", " with "):
        if between in noun:
            head, _, rest = noun.partition(between)
            return f"{plural(head)}{between}{rest}"
    if noun.endswith("y") and noun[-2] not in "aeou":
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("ch", "sh", "s", "x")) else f"{noun}s"


def in_words(names: Iterable[object], *, most: int | None = None, last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`; `a, b and 7 more` if only two are to be shown; `none` if there are none."""
    shown = [str(name) for name in names]
    if most is not None and len(shown) > most:
        shown[most:] = [f"{len(shown) - most:,} more"]
    *others, final = shown or ["none"]
    return f"{', '.join(others)} {last} {final}" if others else final


def choices(noun: str, names: Iterable[object], *, most: int | None = None) -> str:
    """What one can choose from: `the only account is a`, `the accounts are a and b`, `there are no accounts`."""
    known = list(names)
    if not known:
        return f"there are no {plural(noun)}"
    return f"the {f'only {noun} is' if len(known) == 1 else f'{plural(noun)} are'} {in_words(known, most=most)}"


def numbered(noun: str, numbers: Sequence[int]) -> str:
    """Like `choices`, for numbers in a row: `the changes are numbered 1 to 5`."""
    if len(numbers) < 2:
        return choices(noun, numbers)
    return f"the {plural(noun)} are numbered {numbers[0]:,} to {numbers[-1]:,}"


def no_such(noun: str, name: object, known: Iterable[object], *, near: object = None) -> str:
    """The message for an unknown name: `there is no row 'lated'; did you mean 'late'? The rows are late and answers`.

    `near` is what it probably means, if that cannot be seen from the spelling.
    """
    names = [str(each) for each in known]
    guess = meant(str(name), names) if near is None else near
    return suggesting(f"there is no {noun} {name!r}", guess, choices(noun, names))


def suggesting(wrong: str, near: object, rest: str = "") -> str:
    """What is wrong, then what was probably meant (None if nothing is similar), then the rest, such as the choices."""
    if near is None:
        return f"{wrong}; {rest}" if rest else wrong
    question = f"{wrong}; did you mean {str(near)!r}?"
    return f"{question} {rest[0].upper()}{rest[1:]}" if rest else question


def no_such_key(key: str, known: Iterable[object]) -> str:
    """The message for an unknown key, in a line that begins with it: `there is no such key; did you mean 'ids'?`."""
    names = list(known)
    return suggesting("there is no such key", meant(key, names), choices("key", names))


def sentence(text: str) -> str:
    """A message as a sentence: with a capital, and ended."""
    return f"{text[0].upper()}{ended(text[1:])}"


def ended(text: str) -> str:
    """A message with a full stop, unless it ends with one or with a question."""
    return text if text.endswith((".", "?")) else f"{text}."


def beginning(text: str, most: int) -> str:
    """A text, or what it begins with if it is longer than `most` characters."""
    return text if len(text) <= most else f"{text[:most]}..."


def exception_text(error: BaseException) -> str:
    """An exception in one line, the same in each run: `KeyError('id')`.

    If an argument is an object of which `repr` shows no more than its address, the exception's message stands there.
    """
    text = repr(error)
    if _ADDRESS.search(text) is None:
        return text
    message = str(error)
    if message and _ADDRESS.search(message) is None:
        return f"{type(error).__name__}({message!r})"
    return _ADDRESS.sub("", text)


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


def meant(name: str, known: Iterable[object], *, at_least: float = _CLOSE) -> str | None:
    """The known name most similar to an unknown one, ignoring case; None if none is similar.

    If none is spelt nearly the same, the only one that has all of its words is meant: by `stage`, `pipeline_stage_id`.
    """
    names = {str(each).lower(): str(each) for each in known}
    # Nothing that long is a name; and comparing takes time with the square of the length.
    asked, words = name[:_LONGEST].lower(), _words(name)
    having = [each for each in names if words and words < _words(each)]
    near = _nearest(asked, names, max(at_least, _VERY_CLOSE))
    if near is None:
        near = having[0] if len(having) == 1 else _nearest(asked, names, at_least)
    return None if near is None else names[near]


def _nearest(name: str, names: Iterable[str], at_least: float) -> str | None:
    # Imported only when a name is wrong: that is rare, and difflib takes half a megabyte.
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, names, n=1, cutoff=at_least)), None)


def _words(name: str) -> set[str]:
    # That it is about an id tells nothing.
    return set(name.lower().split("_")) - {"id", ""}


def field_name(name: str) -> str:
    """An attribute as Copper's messages name it: `company_id` as `Company Id` (recorded)."""
    return name.replace("_", " ").title()


def folded(text: str) -> str:
    """The text for comparison in any case: two texts of records are the same in any case if this is equal.

    It is Unicode's case folding, as only that makes a text equal to the same one in capitals: `SS` are the capitals of
    `ß`, and the lower case of `Σ` depends on where it stands. (The dotless i is the one exception.) The result is the
    same object if nothing changes, to save memory.
    """
    other = text.casefold()
    return text if other == text else other
