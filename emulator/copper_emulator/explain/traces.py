"""What was decided for each change and each subscription, as values for the text and the control API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from copper_emulator.core.account import Account
from copper_emulator.core.model import Change, Notification, Subscription
from copper_emulator.explain.lives import Decision, Life, decided, lives
from copper_emulator.explain.stories import Cut, Step, cuts_of, steps, story
from copper_emulator.timeline import masking


@dataclass(frozen=True, slots=True)
class Passage:
    """One notification of a trace: its life in one sentence, and step by step."""

    notification: Notification
    text: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """One change and one subscription: what was decided, why, and what was sent. A replay has no subscription."""

    change: Change
    subscription: Subscription | None
    decision: Decision
    text: str
    passages: tuple[Passage, ...] = ()


class Tracer:
    """Traces of one account in its present state, of one record or subscription only if these are given.

    `mask` hides the values of secrets and headers; the texts of the traces are masked already. Without `in_steps`,
    lives are told only in a sentence, for callers that need no more and ask about thousands.
    """

    def __init__(
        self, account: Account, *, about: int | None = None, subscription: int | None = None, in_steps: bool = True
    ) -> None:
        self._account = account
        self._in_steps = in_steps
        self._about = about
        self.lives = [life for life in lives(account) if subscription in (None, life.subscription.id)]
        self.mask = masking(account.journal.subscriptions())

    def of(self, change: Change) -> list[Trace]:
        """One trace for each subscription there ever was, or for the chosen one."""
        entry = self._account.journal.entry_of(change)
        if entry is None:
            return []
        if change.origin == "replay":
            return [Trace(change, None, Decision.NOTIFIED, change.note, self._passages(change, lambda _: True))]
        return [self._trace(change, life, life.decision(entry, change)) for life in self.lives]

    def _trace(self, change: Change, life: Life, decision: Decision) -> Trace:
        wanted = life.subscription.id
        if decision is not Decision.NOTIFIED:
            return Trace(change, life.subscription, decision, decided(self._account, life, decision, change))
        passages = self._passages(change, lambda notification: notification.subscription == wanted)
        return Trace(change, life.subscription, decision, "notified", passages)

    def _passages(self, change: Change, wanted: Callable[[Notification], bool]) -> tuple[Passage, ...]:
        cuts = cuts_of(self._account, change) if self._in_steps else {}
        return tuple(
            self._passage(notification, cuts)
            for notification in self._account.journal.notifications_of(change)
            if wanted(notification) and (self._about is None or self._about in notification.ids)
        )

    def _passage(self, notification: Notification, cuts: Mapping[int, Cut]) -> Passage:
        text = self.mask(story(self._account, notification, about=self._about))
        if not self._in_steps:
            return Passage(notification, text, ())
        passed = steps(self._account, notification, cuts)
        return Passage(notification, text, tuple(Step(s.what, self.mask(s.text), s.at_ms) for s in passed))
