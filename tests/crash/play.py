"""Runs and kills of one server, and what must hold at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from copper_emulator.core.draws import draw
from copper_emulator.shell.clock import pause
from tests.cli.processes import started
from tests.crash.endpoint import Ledger, listening
from tests.crash.load import Acknowledged, Client, Written, writing

CUT_OFF = "unknown outcome, not retried"
EVENTS = ("new", "update", "update", "delete")
"""The events to subscribe to, with a separate subscription each."""

IN_FLIGHT = 8


@dataclass
class Story:
    """What happened."""

    kills: int
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    received: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    subscriptions: dict[int, str] = field(default_factory=dict)
    waiting: int = 0

    @property
    def outcomes(self) -> Counter[str]:
        return Counter(entry["delivery"]["outcome"] for entry in self.entries if entry["kind"] == "ended")


def play(folder: Path, kills: int, *, seed: int) -> Story:
    """Kill a server this many times, each time under load and at another moment; then let it deliver what is left."""
    story, state = Story(kills), str(folder / "state.db")
    with listening(Ledger(), seed=seed) as ledger:
        for life in range(kills):
            with _serving(state, ledger) as (url, popen):
                if not story.subscriptions:
                    story.subscriptions = _subscribed(url)
                moving = list(story.subscriptions)
                with writing(url, story.acknowledged, seed=seed, life=life, moving=moving):
                    pause(draw(seed, "kill", life, low=0, high=300) / 1000)
                    popen.kill()
                    popen.wait()
        with _serving(state, ledger) as (url, _):
            client = Client(url)
            story.waiting = client.control("POST", "/accounts/default/clock/run-until-idle", {"limit": "1d"})["waiting"]
            story.entries = _journal(client)
            client.close()
        story.received = ledger.read()
    return story


@contextmanager
def _serving(state: str, ledger: Ledger) -> Iterator[tuple[str, Any]]:
    """Serve with delays and limits, so that at every kill some are late, some held and some in flight."""
    options = ("--latency", "0-200ms", "--limits", "60/1s", "--in-flight", str(IN_FLIGHT), "--json")
    route = f"https://my-app.example={ledger.url}"
    with started("serve", "--port", "0", "--state", state, "--route", route, *options) as process:
        yield process.url, process.popen


def _subscribed(url: str) -> dict[int, str]:
    client = Client(url)
    found = {}
    for number, event in enumerate(EVENTS):
        body = {"target": f"https://my-app.example/{number}", "type": "person", "event": event}
        found[client.api("POST", "/webhooks", body)["id"]] = event
    client.close()
    return found


def _journal(client: Client) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    while True:
        since = entries[-1]["number"] if entries else 0
        page = client.control("GET", f"/accounts/default/journal?since={since}&limit=10000")["entries"]
        if not page:
            return entries
        entries += page


# --- what must be true --------------------------------------------------------------------------------------


def faults(story: Story) -> list[str]:
    """Everything that is wrong; ideally nothing."""
    return [*_faults_of_ledger(story), *_faults_of_changes(story), *_faults_of_journal(story)]


def _faults_of_ledger(story: Story) -> Iterator[str]:
    """Each notification arrived at most once, and the journal knows about it."""
    ended = _ended(story)
    for what, times in Counter(map(_of_body, story.received)).items():
        if times > 1:
            yield f"{what} arrived {times} times"
        if ended.get(what) not in ("delivered", "unknown"):
            yield f"{what} arrived, and the journal says {ended.get(what)}"
    arrived = set(map(_of_body, story.received))
    for what, outcome in ended.items():
        if outcome == "delivered" and what not in arrived:
            yield f"{what} is delivered, and never arrived"


def _faults_of_changes(story: Story) -> Iterator[str]:
    """Each acknowledged change was notified to each subscription, or its outcome is unknown."""
    ended, told = _ended(story), Counter(_changes(story))
    for change in story.acknowledged.changes:
        if told[change] != 1:
            yield f"{change} was acknowledged, and is in the journal {told[change]} times"
        for subscription, event in story.subscriptions.items():
            outcome = ended.get((subscription, change)) if event == change.event else "delivered"
            if outcome not in ("delivered", "unknown"):
                yield f"{change} was acknowledged, and for subscription {subscription} it is {outcome}"


def _faults_of_journal(story: Story) -> Iterator[str]:
    """Its entries have no gaps, nothing waits, and only what a kill cut off is unknown."""
    if [entry["number"] for entry in story.entries] != list(range(1, len(story.entries) + 1)):
        yield "the journal's numbers have gaps"
    if story.waiting:
        yield f"{story.waiting} are still waiting"
    yield from story.acknowledged.refused
    queued = Counter(entry["notification"]["serial"] for entry in story.entries if entry["kind"] == "queued")
    ends = Counter(entry["notification"]["serial"] for entry in story.entries if entry["kind"] == "ended")
    if queued != ends or set(queued.values()) - {1}:
        yield "not every notification has exactly one end"
    unknown = [e["delivery"] for e in story.entries if e["kind"] == "ended" and e["delivery"]["outcome"] == "unknown"]
    yield from (f"unknown, but {each['text']}" for each in unknown if CUT_OFF not in each["text"])
    if len(unknown) > story.kills * IN_FLIGHT * 4:
        yield f"{len(unknown)} are unknown: more than can have been on their way"


def _changes(story: Story) -> Iterator[Written]:
    for entry in story.entries:
        if entry["kind"] == "change":
            change = entry["change"]
            yield _written(change["event"], change["ids"], change["updated_attributes"])


def _ended(story: Story) -> dict[tuple[int, Written], str]:
    """How each notification ended, by its subscription and its change."""
    changes = {entry["change"]["serial"]: entry["change"] for entry in story.entries if entry["kind"] == "change"}
    found = {}
    for entry in story.entries:
        if entry["kind"] == "ended":
            notification = entry["notification"]
            change = changes[notification["change"]]
            what = _written(change["event"], notification["ids"], change["updated_attributes"])
            found[notification["subscription"], what] = entry["delivery"]["outcome"]
    return found


def _of_body(body: dict[str, Any]) -> tuple[int, Written]:
    return body["subscription_id"], _written(body["event"], body["ids"], body["updated_attributes"])


def _written(event: str, ids: list[int], attributes: dict[str, Any]) -> Written:
    return Written(event, ids[0], attributes["name"][1] if event == "update" else "")
