"""What an account should do, implemented a second time in the plainest way.

Lists that are searched from the front, and a clock that moves millisecond by millisecond: nothing is shared with the
engine except the names in `copper_emulator.core.model` and the settings. It is only fast enough for small numbers.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from copper_emulator.core.model import Outcome, Reason
from copper_emulator.core.rules import Rules
from tests.core.plain_records import PlainRecords, Refused

PAYLOAD_KEYS = {"subscription_id", "event", "type", "ids", "updated_attributes", "timestamp"}


@dataclass
class Answer:
    """What an endpoint does with a notification."""

    status: int | None = 200
    reason: Reason | None = None
    unsent: Outcome | None = None
    """Blocked or lost: the shell did not send it."""
    delay: int = 0
    echoes: bool = False
    """Whether the endpoint changes a record while it is being notified."""


@dataclass
class Sub:
    id: int
    key: int
    type: str
    event: str
    target: str
    created: int
    secret: dict[str, str] | None
    headers: dict[str, str] | None
    computed: bool | None


@dataclass
class Happened:
    """A change."""

    serial: int
    type: str
    event: str
    ids: tuple[int, ...]
    attributes: Mapping[str, Any]
    at: int
    cause: int | None
    depth: int
    returns: int
    subs: tuple[int, ...]


@dataclass
class Note:
    """A notification, and how it ended."""

    serial: int
    change: Happened
    sub: int
    ids: tuple[int, ...]
    due: int
    state: str = "queued"
    held_until: int | None = None
    held_by: str | None = None
    url: str = ""
    started: int | None = None
    ended: int | None = None
    status: int | None = None
    reason: str | None = None


@dataclass
class Sent:
    """One request, as the endpoint sees it."""

    ms: int
    serial: int
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str


@dataclass
class PlainModel:
    rules: Rules
    key: int = 1
    subs: list[Sub] = field(default_factory=list)
    records: PlainRecords = field(default_factory=PlainRecords)
    changes: list[Happened] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    answered: list[Note] = field(default_factory=list)
    """What endpoints got, in order."""
    echo_stopped: bool = False
    paused: set[str] = field(default_factory=set)
    _alive: list[Note] = field(default_factory=list)
    _counted: list[int] = field(default_factory=list)
    _windows: list[list[int]] = field(default_factory=list)
    _due_to_answer: list[tuple[int, int, Note, Answer]] = field(default_factory=list)
    _next_sub: int = 560_698

    # --- subscriptions ----------------------------------------------------------------------------

    def subscribe(self, body: dict[str, Any], now: int) -> Sub:
        self._check_topic(body["type"], body["event"])
        self._check_extras(body)
        if self.rules.replace_duplicates:
            same = (self.key, body["type"], body["event"])
            self.subs = [s for s in self.subs if (s.key, s.type, s.event) != same]
        sub = Sub(
            id=self._next_sub,
            key=self.key,
            type=body["type"],
            event=body["event"],
            target=body["target"],
            created=now,
            secret=body.get("secret"),
            headers=body.get("headers"),
            computed=body.get("custom_field_computed_values"),
        )
        self._next_sub += 1
        self.subs.append(sub)
        return sub

    def update_subscription(self, number: int, body: dict[str, Any]) -> Sub:
        sub = self.visible(number)
        if "type" in body or "event" in body:
            raise Refused("Invalid")
        self._check_extras(body)
        sub.target = body.get("target", sub.target)
        sub.secret = body.get("secret", sub.secret)
        sub.headers = body.get("headers", sub.headers)
        return sub

    def unsubscribe(self, number: int) -> int:
        self.subs.remove(self.visible(number))
        return number

    def visible(self, number: int) -> Sub:
        for sub in self.subs:
            if sub.id == number and sub.key == self.key:
                return sub
        raise Refused("NotFound")

    def listed(self) -> list[dict[str, Any]]:
        return [self.shown(sub) for sub in self.subs if sub.key == self.key]

    def shown(self, sub: Sub) -> dict[str, Any]:
        extras = {
            "secret": sub.secret,
            "headers": sub.headers,
            "custom_field_computed_values": sub.computed,
        }
        return {
            "id": sub.id,
            "target": sub.target,
            "type": sub.type,
            "event": sub.event,
            **{name: value for name, value in extras.items() if value is not None},
            "created_at": sub.created // 1000,
        }

    def _check_topic(self, kind: str, event: str) -> None:
        activities = ["new"]
        if self.rules.profile == "developer-docs":
            activities = ["new", "update", "delete"]
        if kind in ("user", "account") or (kind == "activity_log" and event not in activities):
            raise Refused("Invalid")

    def _check_extras(self, body: dict[str, Any]) -> None:
        secret = body.get("secret") or {}
        if self.rules.refuse_secret_collisions and PAYLOAD_KEYS & secret.keys():
            raise Refused("Invalid")
        target = body.get("target", "https://")
        if target.startswith("http://") and not (self.rules.allow_http and target.startswith("http://127.0.0.1")):
            raise Refused("Invalid")

    # --- records ----------------------------------------------------------------------------------

    def create(self, kind: str, rows: Sequence[dict[str, Any]], now: int) -> list[dict[str, Any]]:
        made = self.records.create(kind, rows, now)
        if made:
            self.change(kind, "new", made, {}, now)
        return [self.records.of[kind][number] for number in made]

    def update(self, kind: str, ids: Sequence[int], fields: dict[str, Any], now: int) -> list[dict[str, Any]]:
        for attributes, members in self.records.update(kind, ids, fields, now):
            self.change(kind, "update", members, attributes, now)
        return [self.records.of[kind][number] for number in dict.fromkeys(ids)]

    def delete(self, kind: str, ids: Sequence[int], now: int) -> None:
        chosen = self.records.delete(kind, ids)
        if chosen:
            self.change(kind, "delete", chosen, {}, now)

    def change(
        self,
        kind: str,
        event: str,
        ids: Sequence[int],
        attributes: Mapping[str, Any],
        now: int,
        cause: Note | None = None,
    ) -> None:
        depth = 0 if cause is None else cause.change.depth + 1
        returns = 0 if cause is None else self._returns(kind, ids, cause)
        concerned = [sub for sub in self.subs if (sub.type, sub.event) == (kind, event)]
        if depth > self.rules.echo_depth and returns > self.rules.echo_depth / 2:
            concerned = []
            self.echo_stopped = True
        change = Happened(
            serial=len(self.changes) + 1,
            type=kind,
            event=event,
            ids=tuple(ids),
            attributes=attributes,
            at=now,
            cause=None if cause is None else cause.serial,
            depth=depth,
            returns=returns,
            subs=tuple(sub.id for sub in concerned),
        )
        self.changes.append(change)
        for sub in concerned:
            due = now + self._latency(change, sub)
            rest = list(ids)
            while rest:
                piece, rest = rest[: self.rules.batch], rest[self.rules.batch :]
                serial = len(self.notes) + 1
                self.notes.append(Note(serial, change, sub.id, tuple(piece), due))
                self._alive.append(self.notes[-1])

    def _returns(self, kind: str, ids: Sequence[int], under_way: Note) -> int:
        """How often in a row somebody has changed what they had been told of."""
        told = [note for note in [*self.answered, under_way] if note.change.type == kind and set(note.ids) & set(ids)]
        return (told[-1] if told else under_way).change.returns + 1

    def _latency(self, change: Happened, sub: Sub) -> int:
        low, high = self.rules.latency.low_ms, self.rules.latency.high_ms
        if low == high:
            return low
        alike = [
            other
            for other in self.changes
            if other.subs and (other.type, other.event, other.ids) == (change.type, change.event, change.ids)
        ]
        words = (
            str(self.rules.seed),
            "latency",
            f"{change.type}/{change.event}",
            str(change.ids),
            str(len(alike)),
            str(sub.id),
        )
        digest = blake2b("\x1f".join(words).encode(), digest_size=8).digest()
        return low + (int.from_bytes(digest, "big") * (high - low + 1) >> 64)

    # --- time -------------------------------------------------------------------------------------

    def walk(self, now: int, until: int) -> None:
        """Let time pass."""
        for moment in range(now, until + 1):
            self._live(moment)

    def waiting(self) -> list[Note]:
        """The notifications that have not ended, in order."""
        alive = [note for note in self._alive if note.ended is None]
        return sorted(alive, key=lambda note: (note.due, note.serial))

    def wait_of(self, note: Note, now: int) -> tuple[str, int | None, str]:
        """What it waits for, until when, and because of which limit."""
        if note.state == "sending":
            return "answer", next(moment for moment, *_, other, _ in self._due_to_answer if other is note), ""
        if note.due > now:
            return "time", note.due, ""
        if self._target(note) in self.paused:
            return "paused", None, ""
        if self._busy()[self._target(note)] >= self.rules.in_flight:
            return "target", None, ""
        if self._opens(now) > now:
            return "limit", self._opens(now), self._blocking(now)
        return "call", None, ""

    def _live(self, now: int) -> None:
        self._answer(now)
        while True:
            self._alive = [note for note in self._alive if note.ended is None]
            ready = [note for note in self._alive if note.due <= now and note.state != "sending"]
            if not ready:
                return
            if self._opens(now) > now:
                if any(self._target(note) not in self.paused for note in ready):
                    self._stop(ready, now)
                return
            ready.sort(key=lambda note: (note.due, note.serial))
            chosen = next((note for note in ready if self._is_free(self._target(note))), None)
            if chosen is None:
                return
            self._send(chosen, now)

    def _answer(self, now: int) -> None:
        for moment, serial, note, answer in sorted(self._due_to_answer, key=lambda item: item[:2]):
            if moment <= now:
                self._conclude(note, answer, moment)
                self._due_to_answer.remove((moment, serial, note, answer))

    def _is_free(self, target: str) -> bool:
        return target not in self.paused and self._busy()[target] < self.rules.in_flight

    def _busy(self) -> Counter[str]:
        """How many are in flight to each target."""
        return Counter(note.url for note in self._alive if note.state == "sending")

    def _target(self, note: Note) -> str:
        """Where it would be sent now; empty, which is never busy, if its subscription is gone."""
        sub = self._find(note.sub)
        return "" if sub is None else sub.target

    def _send(self, note: Note, now: int) -> None:
        sub = self._find(note.sub)
        note.started = now
        if sub is None:
            note.state, note.ended = "cancelled", now
            return
        note.state, note.url = "sending", sub.target
        self._count(now)
        self.sent.append(Sent(now, note.serial, sub.target, self._headers(sub), self._body(note, sub, now)))
        answer = self.answers.get(sub.target, Answer())
        if answer.echoes:
            self.change("task", "update", [1], {"n": [0, 1]}, now, cause=note)
        if answer.delay:
            moment = now + min(answer.delay, self.rules.timeout_ms)
            self._due_to_answer.append((moment, note.serial, note, answer))
        else:
            self._conclude(note, answer, now)

    def _conclude(self, note: Note, answer: Answer, now: int) -> None:
        note.ended = now
        if answer.unsent is None:
            self.answered.append(note)
        if answer.delay >= self.rules.timeout_ms:
            note.state, note.reason = "failed", "timed out"
        elif answer.unsent is not None:
            note.state = str(answer.unsent)
        elif answer.reason is not None:
            note.state, note.reason = "failed", str(answer.reason)
        else:
            assert answer.status is not None
            note.status = answer.status
            note.state = "delivered" if 200 <= answer.status <= 299 else "rejected"

    def _stop(self, ready: list[Note], now: int) -> None:
        """There is no room: hold everything that is ready, or drop what does not wait for its target."""
        if self.rules.over_limit == "drop":
            free = {target for target in set(map(self._target, ready)) if self._is_free(target)}
            for note in ready:
                if self._target(note) in free:
                    note.state, note.started, note.ended = "dropped", now, now
        else:
            until, limit = self._opens(now), self._blocking(now)
            for note in ready:
                note.state, note.held_until, note.held_by = "held", until, limit

    # --- limits -----------------------------------------------------------------------------------

    def _blocking(self, now: int) -> str:
        """The limit that lasts longest, as the settings write it."""
        limit = max(self.rules.limits, key=lambda limit: self._opens(now, limit))
        return f"{limit.count}/{limit.length_ms}ms"

    def _opens(self, now: int, only: object = None) -> int:
        """The first moment at which every limit (or only one) allows one more."""
        opens = now
        for number, limit in enumerate(self.rules.limits):
            if only is not None and limit is not only:
                continue
            if self.rules.window == "rolling":
                if len(self._counted) >= limit.count:
                    opens = max(opens, self._counted[-limit.count] + limit.length_ms)
            elif self._windows and self._windows[number]:
                start, counted = self._windows[number]
                if counted >= limit.count:
                    opens = max(opens, start + limit.length_ms)
        return opens

    def _count(self, now: int) -> None:
        self._counted.append(now)
        self._windows = self._windows or [[] for _ in self.rules.limits]
        for number, limit in enumerate(self.rules.limits):
            if not self._windows[number] or now >= self._windows[number][0] + limit.length_ms:
                self._windows[number] = [now, 0]
            self._windows[number][1] += 1

    # --- what is sent -----------------------------------------------------------------------------

    def _find(self, number: int) -> Sub | None:
        return next((sub for sub in self.subs if sub.id == number), None)

    def _body(self, note: Note, sub: Sub, now: int) -> str:
        change = note.change
        body: dict[str, Any] = {name: value for name, value in (sub.secret or {}).items() if name not in PAYLOAD_KEYS}
        body |= {
            "subscription_id": sub.id,
            "event": change.event,
            "type": change.type,
            "ids": list(note.ids),
        }
        if change.event == "update" or self.rules.empty_attributes:
            body["updated_attributes"] = change.attributes
        moment = now if self.rules.timestamp_when_sent else change.at
        body["timestamp"] = timestamp(moment)
        return json.dumps(body, separators=(",", ":"))

    def _headers(self, sub: Sub) -> tuple[tuple[str, str], ...]:
        own = dict(sub.headers or {})
        named = [name.lower() for name in own]
        headers: list[tuple[str, str]] = []
        if "content-type" not in named:
            headers.append(("Content-Type", "application/json"))
        if "user-agent" not in named:
            headers.append(("User-Agent", self.rules.user_agent))
        return (*headers, *own.items())


def timestamp(ms: int) -> str:
    """The moment in UTC, within the one hour that the machine uses, which begins at 2026-09-21T14:13:20.000Z."""
    seconds, thousandths = divmod(ms - 1_790_000_000_000, 1000)
    minutes, seconds = divmod(13 * 60 + 20 + seconds, 60)
    return f"2026-09-21T14:{minutes:02}:{seconds:02}.{thousandths:03}Z"
