"""The control API under /_emulator/v1: what a person, the page or the CLI can do to the accounts of a server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Any

from aiohttp import web

from copper_emulator.core.bare import bare_event
from copper_emulator.core.errors import NotIdle, TimeError
from copper_emulator.core.model import Change, Delivery, Entry, Topic
from copper_emulator.core.moments import to_datetime
from copper_emulator.core.wire import iso
from copper_emulator.shell.accounts import Accounts, ServedAccount
from copper_emulator.shell.api.control_faults import FAULT_OPERATIONS
from copper_emulator.shell.api.control_models import (
    AccountShape,
    AccountsShape,
    Advance,
    ClockShape,
    Filters,
    Fire,
    Health,
    JournalFilters,
    JournalShape,
    MovedShape,
    Nothing,
    RunUntilIdle,
    SubscriptionsShape,
)
from copper_emulator.shell.api.control_records import RECORD_OPERATIONS
from copper_emulator.shell.api.control_why import Why, WhyShape, why
from copper_emulator.shell.api.operation import (
    Operation,
    Refused,
    account_of,
    answer,
    answer_refusals,
    from_query,
    guard,
    parsed,
    taken,
)
from copper_emulator.shell.api.shapes import DeliveryShape, EntryShape, FiredShape, SubscriptionShape, shown_line

_KEEP_ALIVE = 15.0
"""Seconds after which a stream without news sends a comment: only by writing does one learn that nobody listens."""

_LATEST_MS = 250_000_000_000_000
"""The year 9892: the manual clock goes no further, because Python's dates do not."""


def make_control(accounts: Accounts, trusted_hosts: frozenset[str]) -> web.Application:
    """The control API over the accounts of a server."""
    app = web.Application(middlewares=[answer_refusals, guard(frozenset(host.lower() for host in trusted_hosts))])

    async def get_health(request: web.Request) -> web.StreamResponse:
        await taken(request, Nothing)
        return answer(health(request, accounts))

    async def get_accounts(request: web.Request) -> web.StreamResponse:
        await taken(request, Nothing)
        return answer(list_accounts(accounts))

    async def get_stream(request: web.Request) -> web.StreamResponse:
        account = account_of(request, accounts)
        return await stream_journal(request, account, parsed(Filters, from_query(request.query, Filters)))

    app.add_routes(
        [
            web.get("/health", get_health, allow_head=False),
            web.get("/accounts", get_accounts, allow_head=False),
            web.get("/accounts/{name}/journal/stream", get_stream, allow_head=False),
            *(operation.route(accounts) for operation in OPERATIONS),
        ]
    )
    return app


def health(request: web.Request, accounts: Accounts) -> Health:
    """Whether the server is there, and what it is."""
    try:
        number = version("copper-emulator")
    except PackageNotFoundError:
        number = "unknown"
    api_url = f"{request.url.origin()}/developer_api/v1"
    return Health(version=number, api_url=api_url, clock=accounts.plan.clock, accounts=len(accounts))


def list_accounts(accounts: Accounts) -> AccountsShape:
    """All accounts, at a glance."""
    return AccountsShape(accounts=[_at_a_glance(account) for account in accounts])


async def show_account(served: ServedAccount, said: Nothing) -> AccountShape:
    """One account, at a glance."""
    return _at_a_glance(served)


async def list_subscriptions(served: ServedAccount, said: Nothing) -> SubscriptionsShape:
    """All subscriptions by ascending id, whichever key made them."""
    with served.stage.lock:
        return SubscriptionsShape(
            subscriptions=[SubscriptionShape.of(subscription) for subscription in served.stage.account.subscriptions]
        )


async def fire(served: ServedAccount, said: Fire) -> FiredShape:
    """A bare event happens now. On the manual clock what it makes due has been delivered when this is answered."""
    stage = served.stage
    happened = bare_event(said.type, said.event, said.ids, said.updated_attributes, stage.settings.profile)
    change: Change = stage.record(lambda account, now: account.apply(happened, now, origin="fire"))
    account = stage.account
    await served.runner.settled()
    with stage.lock:
        return FiredShape.told(account, change)


async def read_journal(served: ServedAccount, said: JournalFilters) -> JournalShape:
    """Entries that fit all filters: with `since` the first `limit` after that number, else the last `limit`."""
    with served.stage.lock:
        entries = served.stage.account.journal.entries
        if said.since is None:
            found = list(islice((entry for entry in reversed(entries) if fits(entry, said)), said.limit))[::-1]
        else:
            found = list(islice((entry for entry in _after(entries, said.since) if fits(entry, said)), said.limit))
        shown = [EntryShape.of(entry, served.hidden) for entry in found]
        return JournalShape(entries=shown, last=len(entries), life=served.life)


async def stream_journal(request: web.Request, served: ServedAccount, said: Filters) -> web.StreamResponse:
    """Server-sent events: `entry` for each entry that fits, and `reset` where the journal begins anew.

    Begins after the entry in `Last-Event-ID`, which is the `id` of an event, else after `since`.
    """
    life, number = _resumed(request.headers.get("Last-Event-ID"), said.since or 0)
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(b": the journal of " + served.name.encode() + b"\n\n")
        while not served.closed:
            if life not in (None, served.life):
                number = 0
                await response.write(f"event: reset\nid: {served.life}-0\ndata: {{}}\n\n".encode())
            life = served.life
            events, number = _events(served, said, number)
            if events:
                await response.write(events)
            elif life == served.life and number >= len(served.stage.account.journal.entries):
                try:
                    async with asyncio.timeout(_KEEP_ALIVE):
                        await served.grown()
                except TimeoutError:
                    await response.write(b": still here\n\n")
            else:
                # A long journal is looked through for little that fits: others must get their turn.
                await asyncio.sleep(0)  # noqa: TID251 - no time passes
    return response


async def read_clock(served: ServedAccount, said: Nothing) -> ClockShape:
    """What time it is for the account, and what waits for time to pass."""
    stage = served.stage
    with stage.lock:
        now = stage.now()
        moment = stage.account.next_moment(now)
        return ClockShape(
            kind=served.clock,
            now=iso(now),
            next=None if moment is None else iso(max(moment, now)),
            waiting=len(stage.account.waiting()),
        )


async def advance_clock(served: ServedAccount, said: Advance) -> MovedShape:
    """Move the clock, deadline by deadline, and deliver what falls due on the way. 409 on the wall clock."""
    if served.stage.now() + said.by > _LATEST_MS:
        raise TimeError(f"the clock goes no further than {to_datetime(_LATEST_MS):%Y}; reset does not set it back")
    return _moved(served, await served.runner.advance(said.by))


async def run_until_idle(served: ServedAccount, said: RunUntilIdle) -> MovedShape:
    """Move the clock until nothing waits. 409 on the wall clock, and where that takes longer than the limit."""
    try:
        return _moved(served, await served.runner.run_until_idle(said.limit))
    except NotIdle as error:
        why, _, _ = str(error).partition(" Allow more time")
        raise Refused(409, why, hint="Allow more time with a longer limit (on the command line --limit).") from None


async def reset(served: ServedAccount, said: Nothing) -> AccountShape:
    """As at the start: no records, subscriptions, waiting notifications or journal. Key and clock stay."""
    await served.reset()
    return _at_a_glance(served)


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "", "An account at a glance", Nothing, AccountShape, show_account),
    Operation("GET", "/subscriptions", "All subscriptions", Nothing, SubscriptionsShape, list_subscriptions),
    Operation("POST", "/fire", "Fire a bare event", Fire, FiredShape, fire),
    Operation("GET", "/journal", "What happened", JournalFilters, JournalShape, read_journal),
    Operation("GET", "/why", "Why somebody was (not) notified", Why, WhyShape, why),
    Operation("GET", "/clock", "What time it is", Nothing, ClockShape, read_clock),
    Operation("POST", "/clock/advance", "Move the clock", Advance, MovedShape, advance_clock),
    Operation("POST", "/clock/run-until-idle", "Until nothing waits", RunUntilIdle, MovedShape, run_until_idle),
    *RECORD_OPERATIONS,
    *FAULT_OPERATIONS,
    Operation("POST", "/reset", "As at the start", Nothing, AccountShape, reset),
)
"""What can be done to one account, under /_emulator/v1/accounts/{name}."""


def fits(entry: Entry, said: Filters) -> bool:
    """Whether an entry has everything that the filters ask for."""
    if said.kind and entry.kind not in said.kind:
        return False
    topic = _topic(entry)
    if said.type is not None and (topic is None or topic.type is not said.type):
        return False
    if said.event is not None and (topic is None or topic.event is not said.event):
        return False
    about = entry.notification or entry.change
    if said.id is not None and (about is None or said.id not in about.ids):
        return False
    return _ended_so(entry.delivery, said)


def _ended_so(delivery: Delivery | None, said: Filters) -> bool:
    if said.outcome and (delivery is None or delivery.outcome not in said.outcome):
        return False
    return said.status is None or (delivery is not None and delivery.status == said.status)


def _topic(entry: Entry) -> Topic | None:
    about = entry.notification or entry.change or entry.subscription
    return None if about is None else about.topic


def _after(entries: list[Entry], number: int) -> Iterator[Entry]:
    # Entries are numbered from 1 without a gap.
    return islice(entries, number, None)


def _events(served: ServedAccount, said: Filters, number: int, *, most: int = 200) -> tuple[bytes, int]:
    """The next entries that fit as events, and the number up to which the journal has been looked at."""
    with served.stage.lock:
        looked = list(islice(_after(served.stage.account.journal.entries, number), most))
        events = [
            f"event: entry\nid: {served.life}-{entry.number}\ndata: {shown.model_dump_json()}\n\n"
            for entry, shown in ((e, EntryShape.of(e, served.hidden)) for e in looked if fits(e, said))
        ]
    return "".join(events).encode(), looked[-1].number if looked else number


def _resumed(last_event_id: str | None, since: int) -> tuple[str | None, int]:
    if not last_event_id:
        return None, since
    life, _, number = last_event_id.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Refused(422, "Last-Event-ID is not the id of an event of this stream")
    return life, int(number)


def _at_a_glance(served: ServedAccount) -> AccountShape:
    stage = served.stage
    with stage.lock:
        account = stage.account
        return AccountShape(
            name=served.name,
            email=account.key.email if account.keys else None,
            keys=len(account.keys),
            now=iso(stage.now()),
            subscriptions=len(account.subscriptions),
            changes=len(account.journal.changes),
            waiting=len(account.waiting()),
            outcomes=Counter(delivery.outcome for delivery in account.journal.deliveries),
            routes=[str(route) for route in stage.routes],
        )


def _moved(served: ServedAccount, deliveries: list[Delivery]) -> MovedShape:
    stage = served.stage
    with stage.lock:
        ended = {id(delivery) for delivery in deliveries}
        entries = stage.account.journal.entries
        lines = [shown_line(entry, served.hidden) for entry in entries if id(entry.delivery) in ended]
        return MovedShape(
            now=iso(stage.now()),
            waiting=len(stage.account.waiting()),
            deliveries=[DeliveryShape.of(delivery, served.hidden) for delivery in deliveries],
            lines=lines,
        )
