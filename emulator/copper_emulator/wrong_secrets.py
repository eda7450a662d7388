"""What does somebody send who has not the secret, or who nearly has it? For `check` and for machines alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

NEVER = "not-the-secret"

_STRINGS: Mapping[str, Callable[[str], object]] = {
    "a different one": lambda right: NEVER,
    "a prefix of it": lambda right: right[:-1],
    "the same in different case": str.swapcase,
    "an empty one": lambda right: "",
    "one of the same length": lambda right: ("y" if right.startswith("x") else "x") * len(right),
}
"""By what it is, from the right one. Values of headers can be no others."""

_IN_JSON: Mapping[str, Callable[[str], object]] = {
    **_STRINGS,
    "null": lambda right: None,
    "a number": lambda right: 0,
    "true": lambda right: True,
    "a list containing it": lambda right: [right],
    "one in another script": lambda right: "\u043a\u043b\u044e\u0447",
}
"""What loose comparisons take (0 and true in some languages), and what strict ones stumble over: in Python
`hmac.compare_digest` raises TypeError for text that is not ASCII, and for what is no text."""


def wrong_secrets(secret: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """Members of a body in the place of the secret, by what they are; none is the right one."""
    found = _instead(secret, _IN_JSON)
    found["the right one under a different key"] = {f"x_{name}": value for name, value in secret.items()}
    return found


def wrong_headers(headers: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The same of headers."""
    found = _instead(headers, _STRINGS)
    found["the right one under a different name"] = {f"X-Other-{name}": value for name, value in headers.items()}
    return {what: {name: str(value) for name, value in wrong.items()} for what, wrong in found.items()}


def _instead(right: Mapping[str, str], ways: Mapping[str, Callable[[str], object]]) -> dict[str, dict[str, object]]:
    made = {what: {name: way(value) for name, value in right.items()} for what, way in ways.items()}
    # Of digits there is no other case, of one character no prefix that is not empty.
    return {what: wrong for what, wrong in made.items() if all(wrong[name] != right[name] for name in right)}
