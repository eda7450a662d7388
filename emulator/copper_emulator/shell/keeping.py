"""What happens in a server's accounts is written to its state file before it is acknowledged, or leaves.

Everything of one turn of the loop is written in one commit: at its end what may go is taken, all of it is written, and
then it leaves. What could not be written stays to be written: calls are refused meanwhile, and nothing is sent, so that
nothing is acknowledged or gone that the file does not know of. The log and the live stream tell of it as it happens.
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
from copper_emulator.core.state.parts import RowKey, Value
from copper_emulator.core.state.tracking import text_of
from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.stage import Stage
from copper_emulator.shell.stage_rows import STAGE, around, around_json
from copper_emulator.shell.store import StateFile

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_AGAIN = 1.0
"""Seconds after which it is tried again to write what could not be written."""


class Departing(Protocol):
    """What has to be written down between two steps."""

    def take(self) -> None:
        """See what may go, and say so in the journal."""

    def leave(self) -> None:
        """It is written: what was taken goes."""


class Kept:
    """One account of the file: what of it is still to be written. With `as_found` the file has all of it."""

    def __init__(self, stage: Stage, *, as_found: bool) -> None:
        self.stage = stage
        self.anew = False
        """Whether what the file has of it is of another life."""
        self._edits: dict[tuple[str, RowKey], Edit] = {}
        self._entries = 0
        self._lines: list[Line] = []
        self._account: Account | None = stage.account if as_found else None
        self._tracker = Tracker(stage.account)
        self._around: dict[str, Value] = {}
        if as_found:
            self._tracker.begin()

    def collect(self) -> News | None:
        """See what has changed: all that is still to be written, None where nothing is."""
        with self.stage.lock:
            if self._account is not self.stage.account:
                # It was reset, or is another since: nothing of what it was is left.
                self._account, self._tracker = self.stage.account, Tracker(self.stage.account)
                self.anew, self._edits, self._lines, self._around = True, {}, [], {}
                found = self._tracker.whole()
            else:
                found = self._tracker.changes()
            for name, value in around(self.stage).items():
                before = self._around.get(name)
                if name not in self._around or (before is not value and before != value):
                    self._around[name] = value
                    found.edits.append(Edit(STAGE, name, text_of(around_json(value))))
        for edit in found.edits:
            self._add(edit)
        if not self._lines:
            self._entries = found.entries
        self._lines += found.lines
        if not self._edits and not self._lines:
            return None
        return News(list(self._edits.values()), self._entries, self._lines)

    def written(self) -> None:
        """All of it is."""
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


class Keeper:
    """Keeps the stages it is given in a file. It lives on one loop, and so do they."""

    def __init__(self, file: StateFile, complain: Callable[[str], None]) -> None:
        self.failure: StateError | None = None
        """Why the last attempt to write failed, None if it did not."""
        self._file = file
        self._complain = complain
        self._kept: dict[str, Kept] = {}
        self._gone: dict[str, None] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._called = False
        self._happened = False
        self._asking = 0
        self._departing: dict[Departing, None] = {}
        self._again: asyncio.TimerHandle | None = None
        """Until it is tried again to write what has to leave."""

    def found(self) -> dict[str, Rows]:
        """What the file has, by account. Raises StateError."""
        return self._file.read()

    def taking_up(self, name: str) -> AbstractContextManager[None]:
        """Around what reads the rows of an account: a StateError then says which file it is, and what would help."""
        return self._file.reading(name)

    def keep(self, stage: Stage, *, as_found: bool) -> None:
        """From now on; `as_found` says that it stands as it was read from the file."""
        self._kept[stage.name] = Kept(stage, as_found=as_found)
        self._gone.pop(stage.name, None)

    def forget(self, name: str) -> None:
        """The account is no more."""
        self._kept.pop(name, None)
        self._gone[name] = None

    def close(self) -> None:
        """Write what there is, and let go of the file."""
        with suppress(StateError):
            self.write()
        self._kept.clear()
        self._gone.clear()
        with suppress(StateError):
            self._file.close()

    def write(self) -> None:
        """Write everything that has happened. Raises StateError, and then it is still to be written."""
        self._happened = False
        news = self._news()
        if not news and not self._gone:
            self.failure = None
            return
        try:
            self._file.write(news, anew=[name for name in news if self._kept[name].anew], gone=list(self._gone))
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
            self._kept[name].written()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Around a call that waits for `written`."""
        self._asking += 1
        try:
            yield
        finally:
            self._asking -= 1

    async def written(self) -> None:
        """Wait until everything that has happened so far is written, with all of this turn. Raises StateError."""
        if not (self._happened or self._gone or self._news()):
            return
        if self._asking == 1:
            # Nobody else is there who could share what is written in this turn, so its end need not be waited for.
            self._end_turn()
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self.soon()
        await future

    async def until_written(self) -> None:
        """The same, at once where that is possible, and however long it takes where it is not."""
        while True:
            try:
                return self.write()
            except StateError:
                await pause_async(_AGAIN)

    def soon(self) -> None:
        """Something has happened: it is written with everything else of this turn."""
        self._happened = True
        if not self._called:
            # Looked at here, too: it is told of each entry of each journal.
            self._call()

    def depart(self, departing: Departing) -> None:
        """Something may have to go: it is taken at the end of this turn, and leaves when that is written, too."""
        self._departing[departing] = None
        self._call()

    def _call(self) -> None:
        if not self._called:
            self._called = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _end_turn(self) -> None:
        """Take what may go, write everything, and let it go. Raises StateError, and then that is tried again."""
        departing, self._departing = self._departing, {}
        for each in departing:
            each.take()
        try:
            self.write()
        except StateError:
            if departing:
                self._departing = departing | self._departing
                if self._again is None:
                    # One for all: every answer that comes meanwhile ends up here, too.
                    self._again = asyncio.get_running_loop().call_later(_AGAIN, self._try_again)
            raise
        for each in departing:
            each.leave()

    def _try_again(self) -> None:
        self._again = None
        self._call()

    def _news(self) -> dict[str, News]:
        """What is to be written, by account."""
        found = ((name, kept.collect()) for name, kept in self._kept.items())
        return {name: news for name, news in found if news is not None}

    def _turn(self) -> None:
        self._called = False
        waiting, self._waiting = self._waiting, []
        if not (waiting or self._happened or self._departing):
            # It was written in this very turn: something was to be sent.
            return
        failure: Exception | None = None
        try:
            self._end_turn()
        except StateError as error:
            failure = error
        except Exception as error:
            # A mistake of ours: the loop tells of it, and nobody waits for ever.
            failure = error
            raise
        finally:
            for future in waiting:
                if not future.done():
                    if failure is None:
                        future.set_result(None)
                    else:
                        future.set_exception(failure)


def keeping(
    keeper: Keeper,
    refuse: Callable[[web.Request, NotWritten], web.Response],
    tells_nothing: Callable[[web.Request], bool],
) -> Middleware:
    """A middleware: every answer leaves when all that it can tell of is written, else a refusal does."""

    @web.middleware
    async def keep(request: web.Request, handler: Handler) -> web.StreamResponse:
        if tells_nothing(request):
            return await handler(request)
        with keeper.asked():
            try:
                if keeper.failure is not None:
                    # It would not be acknowledged: better that it does not happen.
                    keeper.write()
                response = await handler(request)
                if not response.prepared:
                    await keeper.written()
            except StateError as error:
                return refuse(request, NotWritten(hint=str(error)))
            return response

    return keep
