"""The operations that let time pass, on an account of a server: they run there."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from copper_emulator.control_client import ControlError
from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotIdle, TimeError, UsageError
from copper_emulator.core.model import Delivery, Topic
from copper_emulator.core.text import duration_text
from copper_emulator.operations import Operations
from copper_emulator.remote.serving import is_serving
from copper_emulator.remote.tenant import RemoteTenant
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.hook_work import Hook
from copper_emulator.shell.hooks import Hooks, noting_hook
from copper_emulator.shell.routing.destinations import name_of

UNDER_WAY = 409
"""The status with which the server refuses something while deliveries are under way."""

_SPARE_MS = 1_000
"""Milliseconds beyond an endpoint's own timeout after which deliveries to it have ended."""


class RemoteOperations(Operations):
    """The operations on a server's account. Nothing is ever sent from here, so these rounds are empty."""

    def __init__(self, tenant: RemoteTenant) -> None:
        super().__init__(tenant)
        self._there = tenant
        self._hooked = 0

    def write(self, act: Callable[[Account, int], Any]) -> Rounds[Any]:
        result = self.tenant.record(act)
        yield from ()
        self._settle_unless_under_way()
        return result

    def _replay(
        self, topic: Topic, ids: tuple[int, ...], raw: bytes, target: str, headers: Mapping[str, str]
    ) -> Rounds[Delivery]:
        # As text, because the server would serialise an object anew.
        notification = {"text": _text(raw), "type": str(topic.type), "event": str(topic.event)}
        shown = self._there.call("/replay", {**notification, "target": target, "headers": dict(headers)})
        serial: int = shown["notification"]["serial"]
        yield from self.settle()
        while (found := self._ended([serial])) == []:
            yield from self.advance(1000)
        return found[0]

    def settle(self) -> Rounds[list[Delivery]]:
        """Settle, waiting also for what others have made due: an application calls the API in its own time."""
        yield from ()
        if is_serving():
            return self._settle_unless_under_way()
        within = duration_text(self.tenant.settings.timeout + _SPARE_MS)
        while True:
            before = self._number_ended()
            try:
                return self._told(self._there.call("/clock/settle", {"within": within})["notifications"])
            except ControlError as error:
                # Deliveries to one endpoint return one after the other, each within its own timeout.
                if error.status != UNDER_WAY or self._number_ended() == before:
                    raise

    def advance(self, delta_ms: int) -> Rounds[list[Delivery]]:
        yield from ()
        try:
            moved = self._there.call("/clock/advance", {"by": duration_text(delta_ms)})
        except ControlError as error:
            raise TimeError(str(error)) from None
        return self._told([each["notification"] for each in moved["deliveries"]])

    def run_until_idle(self, limit_ms: int) -> Rounds[list[Delivery]]:
        yield from ()
        try:
            moved = self._there.call("/clock/run-until-idle", {"limit": duration_text(limit_ms)})
        except ControlError as error:
            if error.code == NotIdle.code:
                raise NotIdle(error.error, self.tenant.surface.idle_limit) from None
            if error.status == 409:
                raise TimeError(str(error)) from None
            raise
        return self._told([each["notification"] for each in moved["deliveries"]])

    def forget(self) -> None:
        super().forget()
        self._hooked = 0

    def hook_from_now(self) -> None:
        """Call the first hook only for deliveries from now on."""
        self._hooked = self._number_ended()

    def _number_ended(self) -> int:
        with self.tenant.lock:
            return len(self.tenant.account.journal.deliveries)

    def _settle_unless_under_way(self) -> list[Delivery]:
        try:
            return self._told(self._there.call("/clock/settle")["notifications"])
        except ControlError as error:
            # What an endpoint does while it is notified only records; the call that notifies it delivers.
            if error.status == UNDER_WAY:
                return []
            raise

    def _told(self, serials: list[int]) -> list[Delivery]:
        self._run_hooks()
        return self._ended(serials) if serials else []

    def _ended(self, serials: list[int]) -> list[Delivery]:
        with self.tenant.lock:
            wanted = set(serials)
            return [each for each in self.tenant.account.journal.deliveries if each.notification.serial in wanted]

    def _run_hooks(self) -> None:
        """Call the hooks for each delivery since the last time, in this thread; the server has moved on meanwhile."""
        hooks = self.tenant.hooks
        if not hooks.registered:
            return
        with self.tenant.lock:
            new = self.tenant.account.journal.deliveries[self._hooked :]
        self._hooked += len(new)
        hooks.queue(new)
        while hooks.pending:
            _run_hook(hooks, *hooks.pending.popleft())


def _run_hook(hooks: Hooks, hook: Hook, delivery: Delivery) -> None:
    with noting_hook(hook, delivery):
        answer = hooks.call(hook, delivery)
    if inspect.isawaitable(answer):
        if inspect.iscoroutine(answer):
            answer.close()
        raise UsageError(
            f"an account on a server takes only plain functions for after_delivery, and {name_of(hook)} is async: the "
            "endpoint runs on a loop that this process cannot wait on; have the hook block until its work is done"
        )


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise UsageError("a server can replay only UTF-8 text") from None
