"""Validation of request bodies: all mistakes found, in the order of the fields, reported as one error.

Recorded are: unknown keys under `Base:`, several mistakes joined by a line feed, `can't be blank`, and the field's name
before it. The other messages are assumptions: those of Rails, because Copper's recorded ones are Rails' too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from copper_emulator.core.errors import Invalid, raised_on_purpose
from copper_emulator.core.text import choices, json_name, meant, sentence, suggesting

__tracebackhide__ = raised_on_purpose

BLANK = "can't be blank"
INVALID = "is invalid"
NOT_LISTED = "is not included in the list"
NOT_A_NUMBER = "is not a number"
MUST_EXIST = "must exist"
TAKEN = "has already been taken"
TOO_LONG = "is too long"


class Findings:
    """A request body and everything found wrong with it.

    Args:
        body: the request body, parsed.
        known: the attributes it may have.
        noun: what it describes, for the hint: `a subscription`.
        listed: the attributes that the hint lists; all known ones by default.

    Raises:
        Invalid: the body is not an object.
    """

    def __init__(self, body: Any, known: Collection[str], noun: str, *, listed: Collection[str] = ()) -> None:
        self.mistakes: list[tuple[str, str]] = []
        self._hints: list[str] = []
        if not isinstance(body, dict):
            raise Invalid.fields(
                [("Base", "must be a JSON object")],
                hint=f"The body is {json_name(body)}; {noun} is an object with {', '.join(listed or known)}.",
            )
        self.body: dict[str, Any] = body
        unknown = [name for name in body if name not in known]
        if unknown:
            self.unrecognized(unknown)
            names = listed or known
            near = {name: meant(name, names) for name in unknown}
            first = next((name for name, close in near.items() if close is not None), unknown[0])
            wrong = f"there is no attribute {first!r} here"
            self.hint(sentence(suggesting(wrong, near[first], choices("attribute", names))))

    def unrecognized(self, names: Collection[str]) -> None:
        """Report attributes that are not allowed (recorded)."""
        self.mistakes.append(("Base", f"Unrecognized attributes specified: {', '.join(names)}"))

    def not_writable(self, names: Collection[str]) -> None:
        """Report attributes that exist and that a client cannot write; by default they are ignored."""
        self.unrecognized(names)
        self.hint(f"Not writable and therefore refused: {', '.join(names)} (setting read_only_fields).")

    def require(self, name: str) -> None:
        if self.body.get(name) in (None, ""):
            self.error(name, BLANK)

    def check(self, name: str, right: Callable[[Any], bool], message: str, hint: str = "") -> None:
        """Report a value that is present, neither null nor empty, and not right."""
        value = self.body.get(name)
        if value is not None and value != "" and not right(value):
            self.error(name, message)
            self.hint(hint)

    def error(self, name: str, message: str, hint: str = "") -> None:
        """Report a mistake in the attribute `name`."""
        self.mistakes.append((name, message))
        self.hint(hint)

    def hint(self, text: str) -> None:
        """Add advice for the client's developer, unless already given."""
        if text and text not in self._hints:
            self._hints.append(text)

    def inner(self, name: str, known: Collection[str], noun: str) -> Findings:
        """Validate the object under `name`, empty if absent; its mistakes are added to those of the whole."""
        value = self.body.get(name)
        if value is not None and not isinstance(value, dict):
            self.error(name, "must be a JSON object", f"{name} is {json_name(value)}; it has {', '.join(known)}.")
            value = None
        inner = Findings(value or {}, known, noun)
        self.mistakes += inner.mistakes
        for text in inner._hints:
            self.hint(text)
        inner.mistakes, inner._hints = self.mistakes, self._hints
        return inner

    def raise_if_any(self) -> None:
        """Raise Invalid with everything that was found."""
        if self.mistakes:
            raise Invalid.fields(self.mistakes, hint=" ".join(self._hints))
