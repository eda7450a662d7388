"""Whose turn it is: as long as a server is notified, any call may be its endpoint's."""

from __future__ import annotations

from contextvars import Context

from copper_emulator.core.model import Attempt, Notification, Result
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import VirtualClock
from copper_emulator.shell.delivering.task_turns import TaskTurns
from copper_emulator.shell.tenant import Tenant
from tests.core.builders import FIRST_KEY, fire, subscribe


async def send(_attempts: list[Attempt]) -> list[Result]:
    raise AssertionError("nothing is sent here")


def attempt(notification: Notification, url: str) -> Attempt:
    return Attempt(notification, None, url, (), b"{}", 0)


def test_a_round_to_a_function_within_one_to_a_server_does_not_end_what_is_out_of_sight() -> None:
    tenant = Tenant("test", Settings(), VirtualClock(), key=FIRST_KEY)
    tenant.routes.add("https://served.example", "http://127.0.0.1:9")
    tenant.routes.add("https://here.example", lambda _request: 200)
    subscribe(tenant.account, "person/update")
    fire(tenant.account, "person/update")
    (notification,) = tenant.account.journal.notifications
    turns = TaskTurns(tenant, send)

    outer, inner = (
        turns._mark_round([attempt(notification, f"https://{name}.example/")]) for name in ("served", "here")
    )
    with outer:
        with inner:
            pass
        # A server's handler does not run in this context.
        assert Context().run(lambda: turns.is_inside)
    assert not turns.is_inside
