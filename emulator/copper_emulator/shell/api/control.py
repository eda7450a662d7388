"""The control API under /_emulator/v1: what a person, the page or the CLI can do to the accounts of a server."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from aiohttp import web

from copper_emulator.core.bare import bare_event
from copper_emulator.core.model import Change
from copper_emulator.shell.accounts import Accounts
from copper_emulator.shell.api.control_accounts import ACCOUNT_OPERATIONS, ACCOUNTS
from copper_emulator.shell.api.control_clock import CLOCK_OPERATIONS
from copper_emulator.shell.api.control_driving import DRIVING_OPERATIONS
from copper_emulator.shell.api.control_faults import FAULT_OPERATIONS
from copper_emulator.shell.api.control_inbox import INBOX_OPERATIONS
from copper_emulator.shell.api.control_journal import ReadJournal, read_journal, stream_journal
from copper_emulator.shell.api.control_limits import LIMIT_OPERATIONS
from copper_emulator.shell.api.control_models import (
    Fire,
    Health,
    JournalShape,
    Nothing,
    ReadyShape,
)
from copper_emulator.shell.api.control_notifications import NOTIFICATION_OPERATIONS
from copper_emulator.shell.api.control_records import RECORD_OPERATIONS
from copper_emulator.shell.api.control_scenarios import SCENARIO_OPERATIONS, SCENARIOS
from copper_emulator.shell.api.control_subscriptions import SUBSCRIPTION_OPERATIONS
from copper_emulator.shell.api.control_targets import TARGET_OPERATIONS
from copper_emulator.shell.api.control_wait import Wait, WaitedShape, wait
from copper_emulator.shell.api.control_why import Why, WhyShape, why
from copper_emulator.shell.api.filters import EntryFilters
from copper_emulator.shell.api.operation import (
    Operation,
    Refused,
    ServerOperation,
    account_of,
    answer_refusals,
    from_query,
    guard,
    parsed,
)
from copper_emulator.shell.api.shapes import FiredShape
from copper_emulator.shell.served_account import ServedAccount


def make_control(accounts: Accounts, trusted_hosts: frozenset[str]) -> web.Application:
    """The control API over the accounts of a server."""
    app = web.Application(middlewares=[answer_refusals, guard(frozenset(host.lower() for host in trusted_hosts))])

    async def get_stream(request: web.Request) -> web.StreamResponse:
        account = account_of(request, accounts)
        return await stream_journal(request, account, parsed(EntryFilters, from_query(request.query, EntryFilters)))

    app.add_routes(
        [
            web.get("/accounts/{name}/journal/stream", get_stream, allow_head=False),
            *(operation.route(accounts) for operation in SERVER_OPERATIONS),
            *(operation.route(accounts) for operation in OPERATIONS),
        ]
    )
    return app


async def health(accounts: Accounts, request: web.Request, said: Nothing) -> Health:
    """Whether the server is there, and what it is."""
    try:
        number = version("copper-emulator")
    except PackageNotFoundError:
        number = "unknown"
    api_url = f"{request.url.origin()}/developer_api/v1"
    return Health(
        version=number,
        api_url=api_url,
        tls_url=accounts.tls_url or None,
        clock=accounts.plan.clock,
        accounts=len(accounts),
        loopback=accounts.loopback,
    )


async def ready(accounts: Accounts, request: web.Request, said: Nothing) -> ReadyShape:
    """Whether deliveries are made for every account; 503 while they are not, and where they cannot be kept."""
    unwritten = accounts.unwritten()
    if unwritten:
        raise Refused(503, "what happens cannot be written to the state file", hint=unwritten)
    waiting = [account.name for account in accounts if not account.runner.is_running]
    if waiting:
        raise Refused(503, f"nothing is delivered yet for {', '.join(waiting)}", hint="Ask again in a moment.")
    return ReadyShape(accounts=len(accounts))


async def fire(served: ServedAccount, said: Fire) -> FiredShape:
    """A bare event happens now. On the manual clock what it makes due has been delivered when this is answered."""
    stage = served.stage
    happened = bare_event(said.type, said.event, said.ids, said.updated_attributes, stage.settings.profile)
    change: Change = stage.record(lambda account, now: account.fire(happened, now))
    account = stage.account
    await served.runner.settled()
    with stage.lock:
        return FiredShape.told(account, change)


SERVER_OPERATIONS: tuple[ServerOperation[Any], ...] = (
    ServerOperation("GET", "/health", "Whether the server is there", Nothing, Health, health),
    ServerOperation("GET", "/ready", "Whether deliveries are made", Nothing, ReadyShape, ready),
    *ACCOUNTS,
    SCENARIOS,
)
"""What can be asked of the server itself, under /_emulator/v1."""

OPERATIONS: tuple[Operation[Any], ...] = (
    *ACCOUNT_OPERATIONS,
    *SUBSCRIPTION_OPERATIONS,
    Operation("POST", "/fire", "Fire a bare event", Fire, FiredShape, fire),
    Operation("GET", "/journal", "What happened", ReadJournal, JournalShape, read_journal),
    *NOTIFICATION_OPERATIONS,
    Operation("GET", "/why", "Why somebody was (not) notified", Why, WhyShape, why),
    *CLOCK_OPERATIONS,
    *TARGET_OPERATIONS,
    *LIMIT_OPERATIONS,
    *INBOX_OPERATIONS,
    Operation("POST", "/wait", "Wait for deliveries", Wait, WaitedShape, wait),
    *RECORD_OPERATIONS,
    *FAULT_OPERATIONS,
    *SCENARIO_OPERATIONS,
    *DRIVING_OPERATIONS,
)
"""What can be done to one account, under /_emulator/v1/accounts/{name}."""
