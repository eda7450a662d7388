"""What might a sender send that lacks the secret, or almost has it? Used by `check` and by state machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping

NEVER = "not-the-secret"

_STRINGS: Mapping[str, Callable[[str], object]] = {
    "another one": lambda right: NEVER,
    "a prefix of it": lambda right: right[:-1],
    "the same in other case": str.swapcase,
    "an empty one": lambda right: "",
    "one of the same length": lambda right: ("y" if right.startswith("x") else "x") * len(right),
}
"""Wrong values made from the right one, by description; all that headers can hold."""

_IN_JSON: Mapping[str, Callable[[str], object]] = {
    **_STRINGS,
    "null": lambda right: None,
    "a number": lambda right: 0,
    "true": lambda right: True,
    "a list with it": lambda right: [right],
    "one in other letters": lambda right: "\u043a\u043b\u044e\u0447",
}
"""What loose comparisons accept (0 and true in some languages), and what strict ones trip over: in Python
`hmac.compare_digest` raises TypeError for text that is not ASCII, and for anything that is not text."""


def wrong_secrets(secret: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Wrong members of a body in place of the secret, by description."""
    found = _instead(secret, _IN_JSON)
    found["the right one under another key"] = {f"x_{name}": value for name, value in secret.items()}
    return found


def wrong_headers(headers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Wrong headers in place of the right ones, by description."""
    found = _instead(headers, _STRINGS)
    found["the right one under another name"] = {f"X-Other-{name}": value for name, value in headers.items()}
    return {what: {name: str(value) for name, value in wrong.items()} for what, wrong in found.items()}


def _instead(right: Mapping[str, str], ways: Mapping[str, Callable[[str], object]]) -> dict[str, dict[str, object]]:
    made = {what: {name: way(value) for name, value in right.items()} for what, way in ways.items()}
    # Digits have no other case, and a single character has no non-empty prefix.
    return {what: wrong for what, wrong in made.items() if all(wrong[name] != right[name] for name in right)}
