"""What `exec` reports, all on stderr: where the emulator is, what was refused, and at the end what happened."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from copper_emulator.cli.output import on_one_line
from copper_emulator.cli.streams import silence
from copper_emulator.core.model import Entry, Kind
from copper_emulator.core.paths import api_url
from copper_emulator.core.text import count, duration_text
from copper_emulator.shell.control.accounts import at_a_glance
from copper_emulator.shell.served.accounts import has_token
from copper_emulator.timeline import timeline

if TYPE_CHECKING:
    from copper_emulator.shell.proxying.proxy import Refused
    from copper_emulator.shell.served.account import ServedAccount
    from copper_emulator.shell.served.plan import Plan
    from copper_emulator.shell.served.runs import End, PlayedStep
    from copper_emulator.shell.serving.server import Server


BAD_GATEWAY = 502


@dataclass(frozen=True, slots=True)
class _Before:
    """What an account from a state file had when the command began."""

    life: str = ""
    entries: int = 0
    api_calls: int = 0
    had_token: bool = False


class ExecReport:
    """Reports for people, or as JSON with one object on each line."""

    def __init__(self, *, as_json: bool, isolated: bool = False) -> None:
        self._as_json = as_json
        self._isolated = isolated
        self._before: dict[str, _Before] = {}
        self._scenario: dict[str, Any] | None = None
        self._strangers: Counter[str] = Counter()
        self._refused: Counter[Refused] = Counter()
        # Noted while the accounts exist: a test suite may delete those it has created before the end.
        self._seen: set[str] = set()
        self._called = False

    def begun(self, server: Server) -> None:
        """Report the emulator's address just before the command runs."""
        self._json({"kind": "ready", "url": server.url, "api_url": api_url(server.url)})
        seen = "which only the command can reach" if self._isolated else "where you can watch what happens"
        self._line(f"Copper's hosts lead to {server.url}, {seen}")
        # Without a file there is nothing yet; asking would create the accounts.
        for account in () if server.state is None else server.accounts:
            inside = account.tenant.account
            self._before[account.name] = _Before(
                account.life, len(inside.journal.entries), account.tenant.api_call_count, has_token(inside)
            )

    def refused(self, refused: Refused) -> None:
        """Report what the proxy refused: once for each host at first, with counts at the end."""
        self._refused[refused] += 1
        if self._refused[refused] == 1:
            kind = "unreachable" if _is_unreachable(refused) else "refused"
            self._json({"kind": kind, "authority": refused.authority or None, "text": refused.text})
            # If nothing answers there, it was not refused, and the text names the place.
            what = "" if _is_unreachable(refused) else f"refused {refused.authority or 'a connection to the proxy'}: "
            self._line(f"{what}{refused.text}")

    def entry(self, account: ServedAccount | None, entry: Entry) -> None:
        """Report refused calls that belong to no account's journal; the timeline shows the rest."""
        if account is not None:
            self._seen.add(account.name)
            self._called |= bool(account.tenant.api_call_count)
        elif entry.kind is Kind.REFUSED:
            self._strangers[entry.text] += 1
            if self._strangers[entry.text] == 1:
                self._json({"kind": "api-refused", "text": entry.text})
                self._line(f"the API refused {entry.text}")

    def step(self, step: PlayedStep) -> None:
        """Report a step of the scenario."""
        self._json({"kind": "step", **asdict(step), "passed": not step.failure})
        ended = f"  [{count(step.ended, 'notification')}]" if step.ended else ""
        mark = "FAILED" if step.failure else "ok    "
        at = f"+{duration_text(step.at_ms)}" if step.at_ms else "+0s"
        self._write(f"  {mark} {step.number or '-':>3}  {at:>8}  {on_one_line(step.text)}{ended}")

    def scenario_ended(self, title: str, end: End) -> None:
        """Report the end of the scenario: all steps were played, or one failed."""
        failure = end.failure or end.verdict
        self._scenario = {"title": title, "passed": not failure, "sent": end.sent, "failure": failure or None}
        if failure:
            self._line(f"FAILED  {title}:")
            # The timeline follows when the command has ended.
            for text in (end.failed or end.verdict).splitlines():
                self._write(f"  {text}")
            if end.drawn_from is not None:
                self._line(f"drawn from seed {end.drawn_from}; to repeat: --seed {end.drawn_from}")
        else:
            self._line(f"PASSED  {title}: {count(end.sent, 'notification')} sent")

    def scenario_not_played(self, text: str) -> None:
        """Report why the scenario could not be played to its end."""
        self._scenario = {"title": None, "passed": False, "sent": 0, "failure": text}
        self._line(f"FAILED  the scenario was not played to its end: {text}")

    def ended(self, accounts: Sequence[ServedAccount], plan: Plan, code: int) -> None:
        """Report what happened while the command ran."""
        shown = [account for account in accounts if len(accounts) == 1 or self._new(account)]
        as_json = [self._account(account) for account in shown]
        result = {
            "refused": self._counted(),
            "api_refused": [{"text": text, "times": times} for text, times in self._strangers.items()],
            "scenario": self._scenario,
            "accounts": as_json,
        }
        self._json({"kind": "ended", "exit_code": code, **result})
        deleted = self._seen - {account.name for account in accounts}
        for account in shown:
            if self._new(account) or not deleted:
                self._timeline(account, named=len(shown) > 1)
        if deleted:
            self._line("accounts were deleted meanwhile, along with what happened in them")
        if self._strangers:
            calls = count(self._strangers.total(), "call")
            self._line(f"the API refused {calls} that no timeline shows; the first: {next(iter(self._strangers))}")
        expected = self._scenario is None and not self._strangers and not self._called
        if expected and not any(self._was_called(account, plan) for account in accounts):
            self._line(
                "no call to Copper's API arrived; `copper-emulator docs hosts` lists what bypasses a proxy, and "
                "--isolate shows it"
            )
        for refused, times in self._refused.items():
            if times > 1 and not _is_unreachable(refused):
                self._line(f"refused {refused.authority or 'connections'} {times} times")

    def _timeline(self, account: ServedAccount, *, named: bool) -> None:
        before = self._of(account).entries
        after = f", after {count(before, 'entry')} from the state file" if before else ""
        if not self._new(account):
            return self._line(f"nothing was subscribed or changed{after}")
        of = f" in {account.name}" if named else ""
        self._line(f"what happened{of} (UTC){after}:")
        for text in self._lines(account):
            self._write(f"  {on_one_line(text)}")
        waiting = len(account.tenant.account.waiting())
        if waiting:
            self._line(f"{count(waiting, 'notification')} had not been sent when the command ended")

    def _of(self, account: ServedAccount) -> _Before:
        """What the account had before; nothing if it has been deleted or reset since."""
        before = self._before.get(account.name, _NOTHING)
        return before if before.life == account.life else _NOTHING

    def _new(self, account: ServedAccount) -> Sequence[Entry]:
        return account.tenant.account.journal.entries[self._of(account).entries :]

    def _lines(self, account: ServedAccount) -> list[str]:
        return account.hidden.mask(timeline(self._new(account))).splitlines()

    def _account(self, account: ServedAccount) -> dict[str, Any]:
        shown: dict[str, Any] = at_a_glance(account).model_dump(mode="json")
        return {**shown, "timeline": self._lines(account), "entries_before": self._of(account).entries}

    def _was_called(self, account: ServedAccount, plan: Plan) -> bool:
        before = self._of(account)
        if account.tenant.api_call_count > before.api_calls:
            return True
        # The call with which a token opens its account is not counted for that account.
        return not plan.tokens and not before.had_token and has_token(account.tenant.account)

    def _counted(self) -> list[dict[str, Any]]:
        return [
            {"authority": refused.authority or None, "text": refused.text, "times": times}
            for refused, times in self._refused.items()
            if not _is_unreachable(refused)
        ]

    def _line(self, text: str) -> None:
        self._write(f"copper-emulator: {on_one_line(text)}")

    def _write(self, text: str) -> None:
        if not self._as_json:
            self._put(text)

    def _json(self, value: dict[str, Any]) -> None:
        if self._as_json:
            self._put(json.dumps(value))

    def _put(self, text: str) -> None:
        # A closed stderr must affect neither the command nor its exit code.
        try:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()
        except OSError:
            silence(sys.stderr)


_NOTHING = _Before()


def _is_unreachable(refused: Refused) -> bool:
    """Whether the host is allowed but nothing answers there."""
    return bool(refused.authority) and refused.status == BAD_GATEWAY
