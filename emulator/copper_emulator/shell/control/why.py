"""The control API's answer to why somebody was (not) notified: the words of `explain`, with structured values."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from copper_emulator.core.account import Account
from copper_emulator.core.ids import MAX_ID
from copper_emulator.core.model import EntityType, Event
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.text import numbered, sentence
from copper_emulator.core.wire import iso
from copper_emulator.explain import (
    Decision,
    Explanation,
    Passage,
    Step,
    Trace,
    What,
    explain_change,
    explain_records,
    explain_subscription,
)
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.control.models import MAX_NUMBER, Word
from copper_emulator.shell.control.shapes import EntryShape
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.served.account import ServedAccount


class Why(Taken):
    """What to explain: the records of a type, one record, a subscription, a change, or, with none of these, all."""

    type: Word | None = Field(None, description="person or people, lead or leads, ...")
    id: int | None = Field(None, ge=1, le=MAX_ID, description="of a record")
    subscription: int | None = Field(None, ge=1, le=MAX_ID, description="its id")
    change: int | None = Field(None, ge=1, le=MAX_NUMBER, description="its serial")
    limit: int = Field(100, ge=1, le=10_000, description="at most this many changes and notes, the newest")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        asked = (self.subscription, self.change, self.type or self.id)
        if sum(each is not None for each in asked) > 1:
            raise ValueError("takes type and id, or subscription, or change")
        return self


class StepShape(Shape):
    """One thing that happened to a notification, or that it waits for."""

    what: What
    at: str | None
    text: str

    @classmethod
    def of(cls, step: Step) -> StepShape:
        return cls(what=step.what, at=None if step.at_ms is None else iso(step.at_ms), text=step.text)


class PassageShape(Shape):
    """One notification: what became of it in one sentence, and step by step."""

    notification: int
    ids: list[int]
    text: str
    steps: list[StepShape]

    @classmethod
    def of(cls, passage: Passage) -> PassageShape:
        notification = passage.notification
        return cls(
            notification=notification.serial,
            ids=list(notification.ids),
            text=passage.text,
            steps=[StepShape.of(step) for step in passage.steps],
        )


class TraceShape(Shape):
    """One change and one subscription: what was decided and why, and what was sent."""

    change: int
    type: EntityType
    event: Event
    at: str
    subscription: int | None = Field(description="null for a replay, which has none")
    decision: Decision
    text: str
    notifications: list[PassageShape]

    @classmethod
    def of(cls, trace: Trace) -> TraceShape:
        change = trace.change
        return cls(
            change=change.serial,
            type=change.type,
            event=change.event,
            at=iso(change.at_ms),
            subscription=None if trace.subscription is None else trace.subscription.id,
            decision=trace.decision,
            text=trace.text,
            notifications=[PassageShape.of(passage) for passage in trace.passages],
        )


class WhyShape(Shape):
    """Why somebody was or was not notified."""

    lines: list[str] = Field(description="for people to read")
    traces: list[TraceShape] = Field(description="one for each change and each subscription there ever was")
    notes: list[EntryShape] = Field(description="what changed nothing, or nothing that Copper notifies of")
    left_out: int = Field(description="earlier changes and notes left out because of the limit")


async def why(served: ServedAccount, params: Why) -> WhyShape:
    """Explain what became of changes for every subscription, and why."""
    with served.tenant.lock:
        explanation = _explained(served.tenant.account, params)
        return WhyShape(
            lines=list(explanation.lines),
            traces=[TraceShape.of(trace) for trace in explanation.traces],
            notes=[EntryShape.of(entry, served.hidden) for entry in explanation.notes],
            left_out=explanation.left_out,
        )


def _explained(account: Account, params: Why) -> Explanation:
    if params.subscription is not None:
        states = [s for s in account.journal.subscriptions() if s.id == params.subscription]
        if not states:
            raise Refused(404, f"there never was a subscription {params.subscription} in this account")
        return explain_subscription(account, states[-1], most=params.limit)
    if params.change is not None:
        found = next((change for change in account.journal.changes if change.serial == params.change), None)
        if found is None:
            raise Refused(
                404,
                f"there is no change {params.change} in this account",
                hint=sentence(numbered("change", [change.serial for change in account.journal.changes])),
            )
        return explain_change(account, found)
    kind = None if params.type is None else kind_called(params.type)
    return explain_records(account, kind, params.id, most=params.limit)
