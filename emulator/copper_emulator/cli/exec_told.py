"""What does `exec` say, all of it on stderr: where the emulator is, what was refused, and at the end what happened?"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from copper_emulator.cli.output import on_one_line
from copper_emulator.core.model import Entry, Kind
from copper_emulator.core.text import count, duration_text
from copper_emulator.shell.accounts import has_token
from copper_emulator.shell.api.control_accounts import at_a_glance
from copper_emulator.timeline import timeline

if TYPE_CHECKING:
    from copper_emulator.shell.plan import Plan
    from copper_emulator.shell.proxy import Refused
    from copper_emulator.shell.runs import End, Played
    from copper_emulator.shell.served_account import ServedAccount
    from copper_emulator.shell.serving import Server


class Told:
    """Says it to people, or as JSON, one object on each line."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._scenario: dict[str, Any] | None = None
        self._strangers: Counter[str] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()
        # A test suite deletes what it has made: what is asked at the end is noted while it is there.
        self._seen: set[str] = set()
        self._called = False

    def begun(self, server: Server) -> None:
        """The command runs."""
        self._json({"kind": "ready", "url": server.url, "api_url": f"{server.url}/developer_api/v1"})
        self._line(f"Copper's hosts lead to {server.url}, where what happens can be watched")

    def refused(self, refused: Refused) -> None:
        """The proxy refused something: said once for each host, counted at the end."""
        key = (refused.place, refused.text)
        self._refused[key] += 1
        if self._refused[key] == 1:
            self._json({"kind": "refused", "place": refused.place or None, "text": refused.text})
            self._line(f"refused {refused.place or 'a connection to the proxy'}: {refused.text}")

    def entry(self, account: ServedAccount | None, entry: Entry) -> None:
        """What a journal says stands in the timeline; this is about calls that no account's journal can tell of."""
        if account is not None:
            self._seen.add(account.name)
            self._called |= bool(account.stage.api_calls)
        elif entry.kind is Kind.REFUSED:
            self._strangers[entry.text] += 1
            if self._strangers[entry.text] == 1:
                self._json({"kind": "api-refused", "text": entry.text})
                self._line(f"the API refused {entry.text}")

    def step(self, step: Played) -> None:
        """A step of the scenario was played."""
        self._json({"kind": "step", **asdict(step), "passed": not step.failure})
        ended = f"  [{count(step.ended, 'notification')}]" if step.ended else ""
        mark = "FAILED" if step.failure else "ok    "
        at = f"+{duration_text(step.at_ms)}" if step.at_ms else "+0s"
        self._write(f"  {mark} {step.number or '-':>3}  {at:>8}  {on_one_line(step.text)}{ended}")

    def scenario_ended(self, title: str, end: End) -> None:
        """All of its steps were played, or one failed."""
        failure = end.failure or end.verdict
        self._scenario = {"title": title, "passed": not failure, "sent": end.sent, "failure": failure or None}
        if failure:
            self._line(f"FAILED  {title}:")
            for text in failure.splitlines():
                self._write(f"  {text}")
            if end.drawn_from is not None:
                self._line(f"the draws came from seed {end.drawn_from}: --seed {end.drawn_from} draws the same again")
        else:
            self._line(f"PASSED  {title}: {count(end.sent, 'notification')} sent")

    def scenario_not_played(self, text: str) -> None:
        """It did not come to that."""
        self._scenario = {"title": None, "passed": False, "sent": 0, "failure": text}
        self._line(f"FAILED  the scenario was not played to its end: {text}")

    def ended(self, accounts: Sequence[ServedAccount], plan: Plan, code: int) -> None:
        """The command is over: what happened meanwhile."""
        shown = [account for account in accounts if len(accounts) == 1 or account.stage.account.journal.entries]
        as_json = [_json(account) for account in shown]
        told = {"refused": self._counted(), "scenario": self._scenario, "accounts": as_json}
        self._json({"kind": "ended", "exit_code": code, **told})
        deleted = self._seen - {account.name for account in accounts}
        for account in shown:
            if account.stage.account.journal.entries or not deleted:
                self._timeline(account, named=len(shown) > 1)
        if deleted:
            self._line("accounts were deleted meanwhile, and what happened in them with them")
        expected = self._scenario is None and not self._strangers and not self._called
        if expected and not any(_was_called(account, plan) for account in accounts):
            self._line(
                "no call to Copper's API arrived; what goes around a proxy is listed in docs/hosts.md, "
                "and --isolate shows it"
            )
        for (place, _), times in self._refused.items():
            if times > 1:
                self._line(f"refused {place or 'connections'} {times} times")

    def _timeline(self, account: ServedAccount, *, named: bool) -> None:
        if not account.stage.account.journal.entries:
            return self._line("nothing was subscribed or changed")
        of = f" in {account.name}" if named else ""
        self._line(f"what happened{of} (UTC):")
        for text in _lines(account):
            self._write(f"  {on_one_line(text)}")
        waiting = len(account.stage.account.waiting())
        if waiting:
            self._line(f"{count(waiting, 'notification')} had not been sent when the command ended")

    def _counted(self) -> list[dict[str, Any]]:
        return [
            {"place": place or None, "text": text, "times": times} for (place, text), times in self._refused.items()
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
        # Whether anybody reads it is no business of the command's.
        with suppress(OSError):
            sys.stderr.write(text + "\n")
            sys.stderr.flush()


def _lines(account: ServedAccount) -> list[str]:
    entries = account.stage.account.journal.entries
    return account.hidden.mask(timeline(entries)).splitlines()


def _was_called(account: ServedAccount, plan: Plan) -> bool:
    # The call with which a token opens its account is not among those that are counted for it.
    return bool(account.stage.api_calls) or (not plan.tokens and has_token(account.stage.account))


def _json(account: ServedAccount) -> dict[str, Any]:
    shown: dict[str, Any] = at_a_glance(account).model_dump(mode="json")
    return {**shown, "timeline": _lines(account)}
