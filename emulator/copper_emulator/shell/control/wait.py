"""The control API's long poll, answered as soon as the expected deliveries are there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import AfterValidator, Field

from copper_emulator.claiming import choose
from copper_emulator.claims import ClaimReason, Claims
from copper_emulator.core.account import Account
from copper_emulator.core.model import Delivery
from copper_emulator.core.surface import Surface
from copper_emulator.core.text import duration_text
from copper_emulator.expectation import Expectation, is_of, misfits
from copper_emulator.near_misses import unmet
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.control.journal import place_after
from copper_emulator.shell.control.models import MAX_NUMBER, Duration, RecordId, Word
from copper_emulator.shell.control.shapes import DeliveryShape
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.served.account import ServedAccount

_LONGEST_MS = 600_000

_MOST = 100
"""Deliveries in one answer."""


def _not_too_long(ms: int) -> int:
    if ms > _LONGEST_MS:
        raise ValueError(f"{duration_text(ms)} is too long: at most {duration_text(_LONGEST_MS)}")
    return ms


class Wait(Taken):
    """What to wait for, as in `expect`: without status or outcome, a delivery answered with any 2xx."""

    type: Word | None = Field(None, examples=["person"])
    event: Word | None = Field(None, examples=["update"])
    ids: list[RecordId] | None = Field(None, min_length=1, description="all of them, together in one or in several")
    target: str | None = Field(None, max_length=2048)
    status: int | None = Field(None, ge=100, le=599)
    outcome: Word | None = None
    count: int | None = Field(None, ge=1, le=MAX_NUMBER, description="exactly this many; without it at least one")
    since: int = Field(0, ge=0, le=MAX_NUMBER, description="only what ended after the journal's entry of this number")
    timeout: Annotated[Duration, AfterValidator(_not_too_long)] = Field(
        10_000,
        validate_default=False,
        description="real time; at most 10m",
        # Held in milliseconds, but a number in a request means seconds.
        json_schema_extra={"default": "10s"},
    )

    def expectation(self) -> Expectation:
        """The expectation to wait for. Raises UsageError for an impossible one."""
        return Expectation.of(
            self.type,
            self.event,
            ids=self.ids,
            target=self.target,
            status=self.status,
            outcome=self.outcome,
            count=self.count,
        )


class WaitedShape(Shape):
    """What was waited for."""

    deliveries: list[DeliveryShape] = Field(description=f"the first {_MOST} of them")
    count: int = Field(description="how many there are")
    last: int = Field(description="the number of the journal's last entry: to wait for more, give it as `since`")
    life: str = Field(description="a different one after each reset")


async def wait(served: ServedAccount, params: Wait) -> WaitedShape:
    """Answer with the matching deliveries as soon as there are enough. 408 after the timeout, with what came closest.

    422 for a `since` that the journal has not reached: its numbers begin again at a reset. This does not move the
    clock: while it stands still, only what other calls deliver can arrive.
    """
    watch = _Watch(params.expectation(), served.tenant.account, params.since)
    _check_reached(watch)
    try:
        async with asyncio.timeout(params.timeout / 1000):
            while (met := _look(served, watch)) is None:
                await served.news.wait()
    except TimeoutError:
        raise _timed_out(served, params, watch) from None
    return met


@dataclass
class _Watch:
    """How far the journal has been examined, and the deliveries found that match individually."""

    expectation: Expectation
    account: Account
    number: int
    fitting: list[Delivery] = field(default_factory=list)

    def look(self) -> list[Delivery] | None:
        entries = self.account.journal.entries
        first = place_after(entries, self.number)
        for place in range(first, len(entries)):
            delivery = entries[place].delivery
            if delivery is not None and is_of(self.expectation, delivery.notification):
                self.fitting += [delivery] if not misfits(self.expectation, delivery) else []
        if first < len(entries):
            self.number = entries[-1].number
        return choose(self.expectation, self.fitting)


def _check_reached(watch: _Watch) -> None:
    entries = watch.account.journal.entries
    last = entries[-1].number if entries else 0
    if watch.number > last:
        raise Refused(
            422,
            f"since: there is no entry {watch.number} in the journal; its last one is {last}",
            hint="Numbers begin again at a reset: use the `last` of an answer that came after it.",
        )


def _look(served: ServedAccount, watch: _Watch) -> WaitedShape | None:
    if served.deleted:
        hint = "It was deleted meanwhile: nothing that was waited for can come."
        raise Refused(404, f"there is no account {served.name!r}", hint=hint)
    if served.closed:
        raise Refused(503, "the server ends")
    with served.tenant.lock:
        if served.tenant.account is not watch.account:
            raise Refused(409, "the account was reset meanwhile: nothing that was waited for can come")
        found = watch.look()
        if found is None:
            return None
        return WaitedShape(
            deliveries=[DeliveryShape.of(delivery, served.hidden) for delivery in found[:_MOST]],
            count=len(found),
            last=watch.number,
            life=served.life,
        )


def _timed_out(served: ServedAccount, params: Wait, watch: _Watch) -> Refused:
    with served.tenant.lock:
        account = served.tenant.account
        ended = ClaimReason(
            f"{{}} had already ended, at or before entry {params.since} of the journal",
            "Make it happen again, or wait from earlier on: --since (`since` in the control API) with a number "
            f"below {params.since}.",
            until=params.since,
        )
        claims = Claims()
        entries = account.journal.entries
        earlier = (entry.delivery for entry in entries[: place_after(entries, params.since)])
        claims.set_aside([delivery for delivery in earlier if delivery is not None], ended)
        text = unmet(watch.expectation, watch.fitting, account, claims, Surface.SERVER)
        waiting = bool(account.waiting())
    hint = f"Waited {duration_text(params.timeout)} of real time."
    if waiting and not served.clock.running:
        hint += (
            f" The account's clock stands still: let its time pass with {Surface.SERVER.pass_time}, or clock/advance."
        )
    return Refused(408, text, hint=hint)
