"""What happens in a server's accounts is written to its state file before it is acknowledged or sent.

Everything that happens in one turn of the loop is written in one commit: at the end of the turn the attempts that may
go are taken, everything is written, and then they leave. What could not be written remains to be written: meanwhile
calls are refused and nothing is sent, so that nothing is acknowledged or sent that the file does not know of. The log
and the live stream report things as they happen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from copper_emulator.core.account import Account
from copper_emulator.core.errors import NotWritten, StateError
from copper_emulator.core.state import Edit, News, Rows, Tracker
from copper_emulator.core.state.lines import Line
from copper_emulator.core.state.parts import RowKey
from copper_emulator.core.state.tracking import UNWRITTEN, changed, text_of
from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.persistence.rows import AROUND, AROUND_IT
from copper_emulator.shell.persistence.store import StateFile
from copper_emulator.shell.tenant import Tenant

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_AGAIN = 1.0
"""Seconds after which writing is tried again if it failed."""


class TwoStepSender(Protocol):
    """Sends in two steps, between which the state is written."""

    def take_due(self) -> None:
        """Take what is due and may go, and note it in the journal."""

    def send_taken(self) -> None:
        """Send what was taken, now that it is written."""


class TrackedTenant:
    """What is still to be written of one account. With `as_found`, the file already has all of it."""

    def __init__(self, tenant: Tenant, *, as_found: bool) -> None:
        self.tenant = tenant
        self.anew = False
        """Whether the file's rows belong to an earlier account, and must be replaced."""
        self._edits: dict[tuple[str, RowKey], Edit] = {}
        self._entries = 0
        self._lines: list[Line] = []
        self._account: Account | None = tenant.account if as_found else None
        self._tracker = Tracker(tenant.account)
        self._around: list[object] = [UNWRITTEN] * len(AROUND_IT)
        if as_found:
            self._tracker.begin()

    def collect(self) -> News | None:
        """Collect what has changed; all that is still to be written, or None."""
        with self.tenant.lock:
            if self._account is not self.tenant.account:
                # The account was replaced, for example by a reset: nothing of the earlier one remains.
                self._account, self._tracker = self.tenant.account, Tracker(self.tenant.account)
                self.anew, self._edits, self._lines, self._around = True, {}, [], [UNWRITTEN] * len(AROUND_IT)
                found = self._tracker.whole()
            else:
                found = self._tracker.changes()
            before, self._around = self._around, [each.now(self.tenant) for each in AROUND_IT]
            for each, now in changed(AROUND_IT, before, self._around):
                found.edits.append(Edit(AROUND, each.name, text_of(each.out(now))))
        for edit in found.edits:
            self._add(edit)
        if not self._lines:
            self._entries = found.entries
        self._lines += found.lines
        if not self._edits and not self._lines:
            return None
        return News(list(self._edits.values()), self._entries, self._lines)

    def written(self) -> None:
        """Note that everything collected has been written."""
        self.anew = False
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
        self._gone: dict[str, None] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._called = False
        self._happened = False
        self._asking = 0
        self._senders: dict[TwoStepSender, None] = {}
        self._again: asyncio.TimerHandle | None = None
        """The timer for the next attempt, if writing failed and something waits to be sent."""

    def found(self) -> dict[str, Rows]:
        """The rows in the file, by account. Raises StateError."""
        return self._file.read()

    def taking_up(self, name: str) -> AbstractContextManager[None]:
        """A context for reading an account's rows: a StateError in it then names the file and says what would help."""
        return self._file.reading(name)

    def track(self, tenant: Tenant, *, as_found: bool) -> None:
        """Write this tenant from now on; `as_found` if it is as the file has it."""
        self._tracked[tenant.name] = TrackedTenant(tenant, as_found=as_found)
        self._gone.pop(tenant.name, None)

    def forget(self, name: str) -> None:
        """Remove the account from the file with the next write."""
        self._tracked.pop(name, None)
        self._gone[name] = None

    def close(self) -> None:
        """Write what remains, and release the file."""
        with suppress(StateError):
            self.write()
        self._tracked.clear()
        self._gone.clear()
        with suppress(StateError):
            self._file.close()

    def write(self) -> None:
        """Write everything that has happened. Raises StateError, and then all of it remains to be written."""
        self._happened = False
        news = self._news()
        if not news and not self._gone:
            self.failure = None
            return
        try:
            self._file.write(news, anew=[name for name in news if self._tracked[name].anew], gone=list(self._gone))
        except StateError as error:
            if self.failure is None:
                self._complain(str(error))
            self.failure = error
            raise
        if self.failure is not None:
            self._complain(f"{self._file.path} can be written again")
        self.failure = None
        self._gone.clear()
        for name in news:
            self._tracked[name].written()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """A context for a call that waits for `written`."""
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1

    async def written(self) -> None:
        """Wait until everything that has happened so far, and in this turn, is written. Raises StateError."""
        if not (self._happened or self._gone or self._news()):
            return
        if self._asking == 1:
            # No other call could share this turn's commit, so there is no point in waiting for the end of the turn.
            self._end_turn()
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self.soon()
        await future

    async def until_written(self) -> None:
        """Write everything, trying again for as long as that fails."""
        while True:
            try:
                return self.write()
            except StateError:
                await pause_async(_AGAIN)

    def soon(self) -> None:
        """Write what has happened at the end of this turn, with everything else."""
        self._happened = True
        if not self._called:
            # Checked here as well as in `_call`, because this is called for each entry of each journal.
            self._call()

    def schedule_sending(self, sender: TwoStepSender) -> None:
        """At the end of this turn, let `sender` take what is due, and send it once that is written."""
        self._senders[sender] = None
        self._call()

    def _call(self) -> None:
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _end_turn(self) -> None:
        """Take what is due, write everything, send it. Raises StateError; the sending is then tried again."""
        senders, self._senders = self._senders, {}
        for sender in senders:
            sender.take_due()
        try:
            # Also if no entry was written: an answer that counts as given later is only marked.
            self.write()
        except StateError:
            if senders:
                self._senders = senders | self._senders
                if self._again is None:
                    # One timer for all: every answer that comes meanwhile ends up here, too.
                    self._again = asyncio.get_running_loop().call_later(_AGAIN, self._try_again)
            raise
        for sender in senders:
            sender.send_taken()

    def _try_again(self) -> None:
        self._again = None
        self._call()

    def _news(self) -> dict[str, News]:
        """What is to be written, by account."""
        found = ((name, kept.collect()) for name, kept in self._tracked.items())
        return {name: news for name, news in found if news is not None}

    def _turn(self) -> None:
        self._called = False
        waiting, self._waiting = self._waiting, []
        if not (waiting or self._happened or self._senders):
            # `written` has already written it in this turn.
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


def write_first(
    writer: StateWriter,
    refuse: Callable[[web.Request, NotWritten], web.StreamResponse],
    tells_nothing: Callable[[web.Request], bool],
) -> Middleware:
    """A middleware that sends an answer only once everything it may reveal is written, and otherwise a refusal."""

    @web.middleware
    async def handle(request: web.Request, handler: Handler) -> web.StreamResponse:
        if tells_nothing(request):
            return await handler(request)
        with writer.asked():
            try:
                if writer.failure is not None:
                    # It could not be acknowledged, so it had better not happen.
                    writer.write()
                response = await handler(request)
                if not response.prepared:
                    await writer.written()
            except StateError as error:
                return refuse(request, NotWritten(hint=str(error)))
            return response

    return handle
