"""The control API under /_emulator/v1: what people, the page and the CLI can do to the accounts of a server."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from copper_emulator.core.arguments import bare_event
from copper_emulator.core.model import Change
from copper_emulator.core.records.changed import unreported
from copper_emulator.core.records.tables import TABLES
from copper_emulator.shell.control.accounts import ACCOUNT_OPERATIONS, ACCOUNTS
from copper_emulator.shell.control.api_calls import API_CALL_OPERATIONS
from copper_emulator.shell.control.clock import CLOCK_OPERATIONS
from copper_emulator.shell.control.driving import DRIVING_OPERATIONS
from copper_emulator.shell.control.faults import FAULT_OPERATIONS
from copper_emulator.shell.control.filters import EntryFilters
from copper_emulator.shell.control.health import HEALTH
from copper_emulator.shell.control.inbox import INBOX_OPERATIONS
from copper_emulator.shell.control.journal import ReadJournal, read_journal, stream_journal
from copper_emulator.shell.control.limits import LIMIT_OPERATIONS
from copper_emulator.shell.control.models import (
    Fire,
    JournalShape,
)
from copper_emulator.shell.control.notifications import NOTIFICATION_OPERATIONS
from copper_emulator.shell.control.operation import Operation, ServerOperation, account_of, from_query, parsed
from copper_emulator.shell.control.recording import RECORDING_OPERATIONS
from copper_emulator.shell.control.records import RECORD_OPERATIONS
from copper_emulator.shell.control.scenarios import SCENARIO_OPERATIONS, SCENARIOS
from copper_emulator.shell.control.settling import settled
from copper_emulator.shell.control.shapes import FiredShape
from copper_emulator.shell.control.subscriptions import SUBSCRIPTION_OPERATIONS
from copper_emulator.shell.control.targets import TARGET_OPERATIONS
from copper_emulator.shell.control.wait import Wait, WaitedShape, wait
from copper_emulator.shell.control.why import Why, WhyShape, why
from copper_emulator.shell.guarding import answer_refusals, guard
from copper_emulator.shell.served.account import ServedAccount
from copper_emulator.shell.served.accounts import Accounts


def make_control(accounts: Accounts, trusted_hosts: frozenset[str]) -> web.Application:
    """The application that serves the control API for the accounts of a server."""
    app = web.Application(middlewares=[answer_refusals, guard(trusted_hosts)])

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


async def fire(served: ServedAccount, params: Fire) -> FiredShape:
    """Fire a bare event now. Unless an endpoint is slow, what it makes due is delivered before this is answered."""
    tenant = served.tenant
    happened = bare_event(
        params.type,
        params.event,
        params.ids,
        params.updated_attributes,
        tenant.settings.profile,
        surface=tenant.surface,
    )
    change: Change = tenant.record(lambda account, now: account.fire(happened, now))
    account = tenant.account
    await settled(served, account, [change])
    with tenant.lock:
        hints = unreported(TABLES[change.type], change.updated_attributes, account.records.catalogue)
        return FiredShape.of_change(account, change, hints)


SERVER_OPERATIONS: tuple[ServerOperation[Any], ...] = (
    *HEALTH,
    *ACCOUNTS,
    SCENARIOS,
)
"""The operations on the server itself, under /_emulator/v1."""

OPERATIONS: tuple[Operation[Any], ...] = (
    *ACCOUNT_OPERATIONS,
    *SUBSCRIPTION_OPERATIONS,
    Operation("POST", "/fire", "Fire a bare event", Fire, FiredShape, fire),
    Operation("GET", "/journal", "What happened", ReadJournal, JournalShape, read_journal),
    *NOTIFICATION_OPERATIONS,
    *API_CALL_OPERATIONS,
    Operation("GET", "/why", "Why somebody was (not) notified", Why, WhyShape, why),
    *CLOCK_OPERATIONS,
    *TARGET_OPERATIONS,
    *LIMIT_OPERATIONS,
    *INBOX_OPERATIONS,
    Operation("POST", "/wait", "Wait for deliveries", Wait, WaitedShape, wait),
    *RECORD_OPERATIONS,
    *FAULT_OPERATIONS,
    *SCENARIO_OPERATIONS,
    *RECORDING_OPERATIONS,
    *DRIVING_OPERATIONS,
)
"""The operations on one account, under /_emulator/v1/accounts/{name}."""
