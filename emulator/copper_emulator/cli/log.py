"""What `serve` prints, and what happens if nobody reads it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from copy import copy
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from copper_emulator.cli.lines import Lines
from copper_emulator.cli.output import Output, complain
from copper_emulator.cli.routes import route_text
from copper_emulator.core.model import Entry, Kind
from copper_emulator.core.moments import stamp
from copper_emulator.core.paths import api_url
from copper_emulator.core.targets import is_beyond, is_loopback
from copper_emulator.core.text import count
from copper_emulator.core.wire import iso
from copper_emulator.fault_texts import faults_text
from copper_emulator.shell.clock import real_now
from copper_emulator.shell.served.accounts import DEFAULT, has_token
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.server import Server

if TYPE_CHECKING:
    from copper_emulator.shell.hiding import Hidden
    from copper_emulator.shell.proxying.proxy import Refused
    from copper_emulator.shell.served.account import ServedAccount

Way: TypeAlias = tuple[Path, dict[str, str]]
"""A file for a shell to source, and the variables that it sets."""

_Line: TypeAlias = tuple[str, str]
"""The account as the lead of a line (empty for the default account), and the text."""

_MOST = 5_000
"""Lines that are kept for a slow reader."""

_AT_ONCE = 100
"""Entries printed in one turn of the loop, so that thousands do not hold up other work."""

_GATHER = 0.01
"""Seconds for which entries are gathered after some were printed, so that a client making one call after another does
not wait for the previous call's lines."""

_PATIENCE = 2.0
"""Seconds for which `close` waits for a slow reader."""


class Log:
    """Prints the log of `serve`: the ready line, each journal entry, refused calls and connections, the end.

    An entry comes while an account is at work and is printed after that turn of the loop, in busy times together with
    those of the next milliseconds: making a line delays no request. Nor does anything wait for the reader of the log,
    or fail if there is none: lines not read in time are left out, and counted at that place.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._waiting: deque[Callable[[], _Line]] = deque()
        """Functions that make the lines to be printed, the oldest first."""
        self._ready = False
        self._called = False
        self._not_before = 0.0
        """The earliest time for printing, by the loop's clock."""
        self._begun = False

    @cached_property
    def _lines(self) -> Lines:
        self._begun = True
        sys.stdout.flush()
        encoding = "utf-8" if self._as_json else sys.stdout.encoding
        return Lines(sys.stdout.fileno(), encoding=encoding, most=_MOST, left_out=self._left_out)

    @cached_property
    def _output(self) -> Output:
        return Output(as_json=self._as_json, lines=self._lines)

    def ready(self, server: Server, plan: Plan, way: Way | None = None) -> None:
        """Print the ready lines: where the server is, and the way through its proxy; programs wait for the first.

        Earlier entries follow them: a server that starts from a state file first ends what was on its way.
        """
        output, api = self._output, api_url(server.url)
        over_tls = {"tls_url": server.tls_url} if server.tls_url else {}
        through = {} if way is None else {"proxy_url": way[1]["HTTPS_PROXY"], "environment": way[1]}
        output.json({"kind": "ready", "url": server.url, **over_tls, "api_url": api, "clock": plan.clock, **through})
        output.line(f"Copper emulator ready at {server.url}", style="bold")
        self._tell_urls(server, api, plan, way)
        for origin, to in plan.routes:
            output.line(f"  route  {route_text(origin, to, beyond=is_beyond(to))}")
        output.line(f"  clock  {'real time' if plan.clock == 'wall' else 'manual: copper-emulator advance 10m'}")
        if plan.settings.seed:
            output.line(f"  seed   {plan.settings.seed} (to repeat: --seed {plan.settings.seed})")
        if plan.settings.faults:
            output.line(f"  faults {faults_text(plan.settings.faults)} (copper-emulator faults off)")
        for line in self._gone_on(server, plan):
            output.line(line)
        output.line("Ctrl-C ends it.")
        if not is_loopback(server.bind):
            complain("listening beyond this machine: anyone who reaches it can use the API with any token")
        self._ready = True
        self._print_soon()

    def _gone_on(self, server: Server, plan: Plan) -> Iterator[str]:
        """Lines about what was taken over from a state file."""
        if server.state is None:
            return
        yield f"  state  {server.state} ({count(len(server.accounts), 'account')})"
        for account in server.accounts:
            for route in account.tenant.routes:
                if (route.written, str(route.to)) not in plan.routes:
                    yield f"  route  {route.written} -> {route.to} (of {account.name}, from the state file)"
            if account.clock.runs_on != (plan.clock == "wall"):
                state, other = ("runs", "freeze") if account.clock.runs_on else ("stands still", "run")
                how = f"copper-emulator clock {other} --account {account.name}"
                yield f"  clock  {state} in {account.name}, as before ({how})"
            if account.tenant.settings != account.tenant.own_settings:
                yield f"  {account.name} keeps the settings it had; reset gives it the command line's"

    def _tell_urls(self, server: Server, api: str, plan: Plan, way: Way | None) -> None:
        first = "the first token is the key of the account default; others open their own"
        if any(account.name == DEFAULT and has_token(account.tenant.account) for account in server.accounts):
            # From the state file, or from `--token`.
            first = "each new token opens an account of its own"
        self._output.line(f"  page   {server.url}/ (the control API is described at {server.url}/_emulator/docs)")
        self._output.line(f"  API    {api} ({'the tokens given with --token' if plan.tokens else first})")
        if server.tls_url:
            self._output.line(f"  TLS    {api_url(server.tls_url)} (to trust it: copper-emulator ca)")
        if way is not None:
            self._output.line(f"  proxy  {way[1]['HTTPS_PROXY']} (in your program's shell: . {way[0]})")

    def entry(self, account: ServedAccount | None, entry: Entry) -> None:
        """Log an entry; as text not SENDING, since the outcome follows. An entry without an account has no number."""
        if self._as_json:
            entry = _as_it_stands(entry)
        elif entry.kind is Kind.SENDING:
            return
        # Taken now: a reset before the line is made would forget what to hide.
        hidden = None if account is None else account.hidden
        self._waiting.append(partial(self._line_of, account, entry, hidden))
        if not self._called:
            self._print_soon()

    def proxy_refused(self, refused: Refused) -> None:
        """Log what the proxy refused."""
        self._waiting.append(partial(self._line_of_refused, refused, real_now()))
        self._print_soon()

    def _print_soon(self) -> None:
        if self._ready and self._waiting and not self._called:
            self._called = True
            asyncio.get_running_loop().call_at(self._not_before, self._print_some)

    def _print_some(self) -> None:
        self._called = False
        try:
            self._print_next()
        finally:
            # Even after an entry that failed to print: the rest must not wait for the next one.
            if self._waiting:
                self._print_soon()
            else:
                self._not_before = asyncio.get_running_loop().time() + _GATHER

    def _print_all(self) -> None:
        while self._waiting:
            self._print_next()

    def _print_next(self) -> None:
        """Print the oldest waiting lines together: passing on each by itself takes as long as making it."""
        lines: list[_Line] = []
        try:
            for _ in range(min(len(self._waiting), _AT_ONCE)):
                lines.append(self._waiting.popleft()())
        finally:
            if self._as_json:
                self._output.json_texts([text for _, text in lines])
            else:
                self._output.journal_lines(lines)

    @cached_property
    def _told(self) -> Callable[[ServedAccount | None, Entry, Hidden | None], str]:
        # Imported with the first entry, so that the ready line does not wait for it.
        from copper_emulator.cli.log_entries import as_json, as_text

        return as_json if self._as_json else as_text

    def _line_of(self, account: ServedAccount | None, entry: Entry, hidden: Hidden | None) -> _Line:
        lead = "" if account is None or account.name == DEFAULT else f"[{account.name}] "
        return lead, self._told(account, entry, hidden)

    def _line_of_refused(self, refused: Refused, now: int) -> _Line:
        where = refused.authority or "a connection"
        if self._as_json:
            values = {
                "kind": "proxy-refused",
                "at": iso(now),
                "authority": refused.authority or None,
                "text": refused.text,
            }
            return "", json.dumps(values)
        return "", f"{stamp(now)}  proxy refused {where}: {refused.text}"

    def ended(self) -> None:
        """Print what still waits, and the last line."""
        self._print_all()
        self._output.json({"kind": "ended"})
        self._output.line("Copper emulator ended.")

    def close(self) -> None:
        """Print what still waits, as far as it is read in time."""
        self._print_all()
        if self._begun:
            self._lines.close(_PATIENCE)

    def _left_out(self, lost: int) -> str:
        if self._as_json:
            return json.dumps({"kind": "left out", "lines": lost}) + "\n"
        return f"... {count(lost, 'line')} left out: not read in time ...\n"


def _as_it_stands(entry: Entry) -> Entry:
    """The entry with a copy of its notification as it is now; its other parts never change."""
    if entry.notification is None:
        return entry
    notification = copy(entry.notification)
    # Notifications held together share one hold, which changes.
    notification.hold = copy(notification.hold)
    return entry._replace(notification=notification)
