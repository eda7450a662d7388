"""What happens in a server's accounts is written to its state file before it is acknowledged or sent.

Everything that happens in one turn of the loop is written in one commit: at the end of the turn the attempts that may
go are taken, everything is written, and then they leave. What could not be written remains to be written: meanwhile
calls are refused and nothing is sent, so that nothing is acknowledged or sent that the file does not know of. The log
and the live stream report things as they happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

from copper_emulator.core.account import Account
from copper_emulator.core.errors import StateError
from copper_emulator.core.state import Edit, Rows, StateChanges, Tracker
from copper_emulator.core.state.lines import Line
from copper_emulator.core.state.parts import RowKey
from copper_emulator.core.state.tracking import UNWRITTEN, ascii_json, changed
from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.persistence.rows import TENANT_PART, TENANT_PARTS
from copper_emulator.shell.persistence.store import StateFile
from copper_emulator.shell.tenant import Tenant

_RETRY_AFTER = 1.0
"""Seconds after which writing is tried again if it failed."""


class TwoStepSender(Protocol):
    """Sends in two steps, between which the state is written."""

    def take_due(self) -> None:
        """Take what is due and may go, and note it in the journal."""

    def send_taken(self) -> None:
        """Send what was taken, now that it is written."""


class TrackedTenant:
    """What is still to be written of one account. With `is_saved`, the file already has all of it."""

    def __init__(self, tenant: Tenant, *, is_saved: bool) -> None:
        self.tenant = tenant
        self.replaces_rows = False
        """Whether the file's rows belong to an earlier account, and must be replaced."""
        self._edits: dict[tuple[str, RowKey], Edit] = {}
        self._entries = 0
        self._lines: list[Line] = []
        self._account: Account | None = tenant.account if is_saved else None
        self._tracker = Tracker(tenant.account)
        self._part_values: list[object] = [UNWRITTEN] * len(TENANT_PARTS)
        if is_saved:
            self._tracker.begin()

    def collect(self) -> StateChanges | None:
        """Collect what has changed; all that is still to be written, or None."""
        with self.tenant.lock:
            if self._account is not self.tenant.account:
                # The account was replaced, for example by a reset: nothing of the earlier one remains.
                self._account, self._tracker = self.tenant.account, Tracker(self.tenant.account)
                self.replaces_rows, self._part_values = True, [UNWRITTEN] * len(TENANT_PARTS)
                self._edits, self._lines = {}, []
                news = self._tracker.everything()
            else:
                news = self._tracker.changes()
            before, self._part_values = self._part_values, [part.value(self.tenant) for part in TENANT_PARTS]
            for part, value in changed(TENANT_PARTS, before, self._part_values):
                news.edits.append(Edit(TENANT_PART, part.name, ascii_json(part.to_json(value))))
        for edit in news.edits:
            self._add(edit)
        if not self._lines:
            self._entries = news.entries
        self._lines += news.lines
        if not self._edits and not self._lines:
            return None
        return StateChanges(list(self._edits.values()), self._entries, self._lines)

    def mark_written(self) -> None:
        """Note that everything collected has been written."""
        self.replaces_rows = False
        self._edits, self._lines = {}, []

    def _add(self, edit: Edit) -> None:
        where = edit.part, edit.key
        earlier = self._edits.get(where)
        if edit.anew:
            self._edits.pop(where, None)
        elif earlier is not None and earlier.anew:
            edit = edit._replace(anew=True)
        self._edits[where] = edit


class StateWriter:
    """Writes the tenants it is given to a file. It belongs to one loop, as they do."""

    def __init__(self, file: StateFile, complain: Callable[[str], None]) -> None:
        self.failure: StateError | None = None
        """Why the last attempt to write failed; None if it succeeded."""
        self._file = file
        self._complain = complain
        self._tracked: dict[str, TrackedTenant] = {}
        self._forgotten: dict[str, None] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._is_turn_scheduled = False
        self._may_have_unwritten = False
        self._callers_waiting = 0
        self._senders: dict[TwoStepSender, None] = {}
        self._retry_timer: asyncio.TimerHandle | None = None
        """The timer for the next attempt, if writing failed and something waits to be sent."""

    def saved_rows(self) -> dict[str, Rows]:
        """The rows in the file, by account. Raises StateError."""
        return self._file.read()

    def reading(self, name: str) -> AbstractContextManager[None]:
        """A context for reading an account's rows: a StateError in it then names the file and says what would help."""
        return self._file.reading(name)

    def track(self, tenant: Tenant, *, is_saved: bool) -> None:
        """Write this tenant from now on; `is_saved` if it is as the file has it."""
        self._tracked[tenant.name] = TrackedTenant(tenant, is_saved=is_saved)
        self._forgotten.pop(tenant.name, None)

    def forget(self, name: str) -> None:
        """Remove the account from the file with the next write."""
        self._tracked.pop(name, None)
        self._forgotten[name] = None

    def close(self) -> None:
        """Write what remains, and release the file."""
        try:
            self.write()
            self._file.presence.check_now()
        except StateError as error:
            if self.failure is None:
                self._complain(str(error))
        self._tracked.clear()
        self._forgotten.clear()
        with suppress(StateError):
            self._file.close()

    def write(self) -> None:
        """Write everything that has happened. Raises StateError, and then all of it remains to be written."""
        self._may_have_unwritten = False
        news = self._collect_news()
        if not news and not self._forgotten and self.failure is None:
            return
        replaced = [name for name in news if self._tracked[name].replaces_rows]
        with self._noting_failure():
            self._file.write(news, replaced=replaced, deleted=list(self._forgotten))
        if self.failure is not None:
            self._complain(f"{self._file.path} can be written again")
        self.failure = None
        self._forgotten.clear()
        for name in news:
            self._tracked[name].mark_written()

    def check_writable(self) -> None:
        """Raise StateError if nothing can be written: what could not be acknowledged had better not happen."""
        if self.failure is not None:
            self.write()
            return
        with self._noting_failure():
            self._file.presence.check_now_and_then()

    @contextmanager
    def _noting_failure(self) -> Iterator[None]:
        try:
            yield
        except StateError as error:
            if self.failure is None:
                self._complain(str(error))
            self.failure = error
            raise

    @contextmanager
    def counting_caller(self) -> Iterator[None]:
        """A context for a call that waits for `wait_until_written`."""
        self._callers_waiting += 1
        try:
            yield
        finally:
            self._callers_waiting -= 1

    async def wait_until_written(self) -> None:
        """Wait until everything that has happened so far, and in this turn, is written. Raises StateError."""
        if not (self._may_have_unwritten or self._forgotten or self._collect_news()):
            return
        self._may_have_unwritten = True
        if self._callers_waiting == 1:
            # No other call could share this turn's commit, so there is no point in waiting for the end of the turn.
            self._end_turn()
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self.write_soon()
        await future

    async def write_until_done(self) -> None:
        """Write everything, trying again for as long as that fails."""
        while True:
            try:
                return self.write()
            except StateError:
                await pause_async(_RETRY_AFTER)

    def write_soon(self) -> None:
        """Write what has happened at the end of this turn, with everything else."""
        self._may_have_unwritten = True
        if not self._is_turn_scheduled:
            # Checked here as well as in `_schedule_turn`, because this is called for each entry of each journal.
            self._schedule_turn()

    def schedule_sending(self, sender: TwoStepSender) -> None:
        """At the end of this turn, let `sender` take what is due, and send it once that is written."""
        self._senders[sender] = None
        # An answer that counts as given later makes no entry.
        self._may_have_unwritten = True
        self._schedule_turn()

    def _schedule_turn(self) -> None:
        if not self._is_turn_scheduled:
            self._is_turn_scheduled = True
            asyncio.get_running_loop().call_soon(self._on_turn_end)

    def _end_turn(self) -> None:
        """Take what is due, write everything, send it. Raises StateError; the sending is then tried again."""
        senders, self._senders = self._senders, {}
        for sender in senders:
            sender.take_due()
        try:
            # What is sent in rounds was written before them, often within this turn.
            if self._may_have_unwritten or self.failure is not None:
                self.write()
        except StateError:
            if senders:
                self._senders = senders | self._senders
                if self._retry_timer is None:
                    # One timer for all: every answer that comes meanwhile ends up here, too.
                    self._retry_timer = asyncio.get_running_loop().call_later(_RETRY_AFTER, self._try_again)
            raise
        for sender in senders:
            sender.send_taken()

    def _try_again(self) -> None:
        self._retry_timer = None
        self._schedule_turn()

    def _collect_news(self) -> dict[str, StateChanges]:
        """What is to be written, by account."""
        collected = ((name, tracked.collect()) for name, tracked in self._tracked.items())
        return {name: news for name, news in collected if news is not None}

    def _on_turn_end(self) -> None:
        self._is_turn_scheduled = False
        waiting, self._waiting = self._waiting, []
        if not (waiting or self._may_have_unwritten or self._senders):
            # `wait_until_written` has already written it in this turn.
            return
        failure: Exception | None = None
        try:
            self._end_turn()
        except StateError as error:
            failure = error
        except Exception as error:
            # A bug of ours: the loop reports it, and nothing is left waiting.
            failure = error
            raise
        finally:
            for future in waiting:
                if not future.done():
                    if failure is None:
                        future.set_result(None)
                    else:
                        future.set_exception(failure)
