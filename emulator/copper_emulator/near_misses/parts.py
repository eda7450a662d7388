"""Which parts does the explanation of a failed expectation consist of?"""

from __future__ import annotations

from dataclasses import dataclass

from copper_emulator.core.account import Account
from copper_emulator.core.surface import Surface
from copper_emulator.expectation import Expectation
from copper_emulator.later_work import if_after_answer


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong, completing `Expected ..., but`; what would help, as a sentence; and lines that show it."""

    wrong: str
    advice: str
    lines: tuple[str, ...] = ()


def or_later(expectation: Expectation, account: Account, surface: Surface, *, has_come: bool = False) -> str:
    """How to wait for what the endpoint may do after its answer, to follow other advice; "" if it can do nothing.

    If some of what is expected `has_come`, the endpoint must have used the API.
    """
    later = if_after_answer(account, surface, expectation.type, expectation.ids, is_active=has_come)
    return f" {later}" if later else ""
