"""`exec --scenario`: when does a scenario played against a command begin, and how does it end?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from yarl import URL

from copper_emulator.cli import Mistaken, WrongUse
from copper_emulator.core.errors import CopperEmulatorError, SettingsError, UsageError
from copper_emulator.core.text import duration_text
from copper_emulator.durations import parse_duration
from copper_emulator.executing.child import ALREADY_LISTENS
from copper_emulator.scenarios.load import load
from copper_emulator.served_scenarios import ServedPlay
from copper_emulator.shell.clock import pause_async
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Blocked, Route, Straight
from copper_emulator.shell.served.accounts import DEFAULT

if TYPE_CHECKING:
    from copper_emulator.cli.exec_report import ExecReport
    from copper_emulator.executing.child import Child
    from copper_emulator.settings import Settings
    from copper_emulator.shell.served.account import ServedAccount
    from copper_emulator.shell.served.accounts import Accounts

FAILED = 1

_LOOK = 0.05
"""Seconds between checks whether anything listens."""

_REACH = 5.0


class NotBegun(Exception):
    """The scenario could not begin; the text says why."""


class Against:
    """A scenario, ready to be played against a command.

    Args:
        name: a file, or the name of one that comes with the emulator.
        target: gets all of its notifications; without one, the command's own subscriptions are used.
        patience: how long the command may take until the scenario can begin, like `1m`.

    Raises:
        WrongUse: the scenario is invalid, or cannot be sent to the target.
    """

    def __init__(self, name: str, target: str | None, patience: str) -> None:
        try:
            self._patience_ms = parse_duration(patience)
        except ValueError as error:
            raise WrongUse(f"--wait: {error}") from None
        try:
            self._play = ServedPlay(load(name), target, adopts=target is None)
        except UsageError as error:
            raise Mistaken(str(error)) from None
        self._missing = "it to start"
        self._taken = ""

    def settings(self, own: Settings) -> Settings:
        """The command line's settings combined with the scenario's. Raises WrongUse."""
        try:
            return self._play.settings(own)
        except SettingsError as error:
            raise WrongUse(f"--scenario: {error}") from None

    async def look(self, accounts: Accounts) -> None:
        """Before the command runs, look whether something already listens where it would.

        Raises WrongUse if that would get the scenario in the command's place. Where routes lead there may be others.
        """
        account = accounts.named(DEFAULT)
        if account is None:
            return
        for url in self._foreseen(account):
            with suppress(OSError):
                await _connect(url)
                self._taken = f"{url.origin()}"
        if self._taken and self._play.target is not None:
            raise WrongUse(f"--target: {ALREADY_LISTENS.format(self._taken)}")

    def _foreseen(self, account: ServedAccount) -> list[URL]:
        target = self._play.target
        if target is None:
            return [route.to for route in account.tenant.routes if route.kind is RouteKind.URL]
        found = account.tenant.routes.resolve(target)
        if isinstance(found, Straight):
            return [found.url]
        return [found.to] if isinstance(found, Route) and found.kind is RouteKind.URL else []

    async def played(self, child: Child, accounts: Accounts, report: ExecReport) -> int:
        """Wait until the scenario can begin, play it, end the command, and return the exit code."""
        account = accounts.named(DEFAULT)
        if account is None:
            raise UsageError(f"there is no account {DEFAULT!r}")
        try:
            self._play.check(account.tenant)
        except UsageError as error:
            raise WrongUse(f"--target: {error}") from None
        playing = asyncio.create_task(self._wait_and_play(account, report))
        ended = asyncio.create_task(child.ended())
        try:
            await asyncio.wait({playing, ended}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done():
                return playing.result()
            report.scenario_not_played(f"the command ended before the scenario {self._stood()}{self._why_early()}")
            return ended.result() or FAILED
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            await child.end()
            await ended

    async def _wait_and_play(self, account: ServedAccount, report: ExecReport) -> int:
        try:
            async with asyncio.timeout(self._patience_ms / 1000):
                await self._ready(account)
        except TimeoutError:
            waited = duration_text(self._patience_ms)
            report.scenario_not_played(f"after {waited} it was still waiting for {self._missing}")
            return FAILED
        except NotBegun as error:
            report.scenario_not_played(str(error))
            return FAILED
        self._missing = ""
        try:
            end = await account.runner.play(lambda: self._play.rounds(account.tenant, report.step))
        except CopperEmulatorError as error:
            report.scenario_not_played(str(error))
            return FAILED
        report.scenario_ended(self._play.title, end)
        return FAILED if end.failure or end.verdict else 0

    async def _ready(self, account: ServedAccount) -> None:
        if self._play.target is not None:
            return await self._answering(account, [self._play.target])
        topics = {str(each.topic) for each in self._play.scenario.content.subscriptions.values()}
        while True:
            with account.tenant.lock:
                made = {str(each.topic): each.target for each in account.tenant.account.subscriptions}
            missing = sorted(topics - set(made))
            if made and not missing:
                break
            self._missing = f"the command to subscribe to {', '.join(missing) or 'anything'}"
            await account.news.wait()
        await self._answering(account, sorted({made[topic] for topic in topics or made}))

    async def _answering(self, account: ServedAccount, targets: Iterable[str]) -> None:
        for target in targets:
            found = account.tenant.routes.resolve(target)
            if isinstance(found, Blocked):
                # With --target, plain http on this machine is allowed although the account would block it.
                if self._play.target is None:
                    raise NotBegun(f"the command has subscribed {target}: {found.text}")
                await self._connected(URL(target))
            elif isinstance(found, Straight):
                await self._connected(found.url)
            elif found.kind is RouteKind.URL:
                await self._connected(found.to)

    async def _connected(self, url: URL) -> None:
        self._missing = f"something to listen at {url.origin()}"
        while True:
            with suppress(OSError):
                return await _connect(url)
            await pause_async(_LOOK)

    def _stood(self) -> str:
        return f"had begun, which was waiting for {self._missing}" if self._missing else "was over"

    def _why_early(self) -> str:
        if not self._taken:
            return ""
        return f". Something was listening at {self._taken} before it started: it may have found its port in use"


async def _connect(url: URL) -> None:
    """Connect and disconnect. Raises OSError if nothing listens."""
    async with asyncio.timeout(_REACH):
        _, writer = await asyncio.open_connection(url.host, url.port)
    writer.close()
    await writer.wait_closed()
