"""Did a test mix up two of its accounts? Then an expectation fails on one for what happened in the other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from copper_emulator.claiming import ExpectationError
from pytest_copper.accounts import OpenAccount

if TYPE_CHECKING:
    from copper_emulator.core.model import Topic
    from copper_emulator.face import Face


def advise(present: Iterable[OpenAccount], error: AssertionError) -> None:
    """Add a note to a failed expectation if another account of the test has what this one lacks."""
    # To ask an account that was not used would make it.
    accounts = [each for each in present if not each.face._is_unused]  # noqa: SLF001 - nothing else tells
    if not isinstance(error, ExpectationError) or error.topic is None:
        return
    own = next((each for each in accounts if each.face._operations.claims is error.claims), None)  # noqa: SLF001 - as above
    if own is None:
        return
    for other in accounts:
        # Two of make_copper are two on purpose, and have no name to tell them apart.
        what = _has_instead(other.face, own.face, error.topic) if other.name != own.name else ""
        if what:
            error.add_note(_text(own, other, what))
            return


def _has_instead(other: Face, own: Face, topic: Topic) -> str:
    if _subscribed(other, topic) and not _subscribed(own, topic):
        return f"has subscribed to {topic}"
    return f"has had a change {topic}" if _changed(other, topic) and not _changed(own, topic) else ""


def _subscribed(face: Face, topic: Topic) -> bool:
    return any(each.topic == topic for each in face.subscriptions)


def _changed(face: Face, topic: Topic) -> bool:
    return any(each.topic == topic for each in face.changes)


def _text(own: OpenAccount, other: OpenAccount, what: str) -> str:
    return (
        f"Another account of this test {what}: that of {other.name}. This expectation is of {own.name}, an account "
        "with records and subscriptions of its own; use one of them throughout."
    )
