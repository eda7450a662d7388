"""How are the lines of a file read into rows?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from copper_emulator.core.model import Change, Kind
from copper_emulator.core.state.lines import ALSO, ANSWER, EACH, IN_ENDED, IN_ENVELOPE, IN_QUEUED
from copper_emulator.core.state.parts import Rows, Value
from copper_emulator.core.state.reading import UNREADABLE, cannot_be_read

_CHANGE, _QUEUED, _SENDING, _ENDED = Kind.CHANGE, Kind.QUEUED, Kind.SENDING, Kind.ENDED


def read_lines(rows: Rows, turns: Iterable[tuple[int, Any]]) -> None:
    """Add what lines report to the rows before them; a turn is the number of entries before it, and its lines.

    Raises StateError, with the number of the entry, for lines that cannot be read or are incomplete.
    """
    reader = _LineReader(rows)
    try:
        for before, lines in turns:
            if before != len(reader.entries):
                raise ValueError(f"{before - len(reader.entries)} entries are missing")
            for line in lines:
                reader.read_line(line)
    except UNREADABLE as error:
        raise cannot_be_read("entries", len(reader.entries) + 1, error) from None
    rows["entries"] = reader.entries
    rows["notifications"] = list(reader.notifications.items())
    rows["attempts"] = list(reader.attempts.items())


class _LineReader:
    """What the lines so far have reported, as rows."""

    def __init__(self, rows: Rows) -> None:
        self.entries = rows.get("entries", [])
        self.notifications = dict(rows.get("notifications", ()))
        self.attempts = dict(rows.get("attempts", ()))
        self._envelopes: dict[int, Sequence[Value]] = {}
        self._readers: Mapping[str, Callable[..., None]] = {
            _CHANGE: self._read_change,
            _QUEUED: self._read_queued,
            _SENDING: self._read_sending,
            _ENDED: self._read_ended,
            ANSWER: self._read_answer,
            ALSO: self._read_also,
            EACH: self._read_each,
        }

    def read_line(self, line: Any) -> None:
        if isinstance(line, Mapping):
            self._read_entry(line)
        else:
            self._readers[line[0]](*line[1:])

    def _read_each(self, kind: str, *columns: Value) -> None:
        # A string could be taken for a column of its characters.
        if not all(isinstance(column, list) and column for column in columns):
            raise ValueError("a column is not a list, or has nothing in it")
        read, steps = self._readers[kind], max(map(len, columns))
        full_columns = ([*column] * steps if len(column) == 1 else column for column in columns)
        for step in zip(*full_columns, strict=True):
            read(*step)

    def _read_entry(self, entry: Mapping[str, Value]) -> None:
        kind, serial = entry["kind"], entry.get("notification")
        if serial is not None:
            # Its state is the kind of its last entry.
            self.notifications[serial]["state"] = kind
        self.entries.append((len(self.entries) + 1, entry))

    def _read_change(self, *fields: Value) -> None:
        change = dict(zip(Change._fields, fields, strict=False))
        entry = {"at": change["at_ms"], "kind": _CHANGE, "text": change["note"], "change": change}
        self.entries.append((len(self.entries) + 1, entry))

    def _read_queued(self, at_ms: int, *fields: Value) -> None:
        # In a line for several notifications, fields that only some of them have are None for the others.
        notification = {name: value for name, value in zip(IN_QUEUED, fields, strict=False) if value is not None}
        serial = notification["serial"]
        self.notifications[serial] = notification
        self._read_entry({"at": at_ms, "kind": _QUEUED, "notification": serial})

    def _read_sending(self, at_ms: int, serial: int, text: str, envelope: Value = None, *sent: Value) -> None:
        self._read_entry({"at": at_ms, "kind": _SENDING, "text": text, "notification": serial})
        _drop_position(self.notifications[serial])
        if envelope is None:
            return
        if isinstance(envelope, int):
            envelope = self._envelopes[envelope]
        else:
            self._envelopes[serial] = envelope
        attempt = dict(zip(IN_ENVELOPE, envelope, strict=False), started_ms=at_ms)
        # Before schema 3, bodies were written whole; those that are not text still are.
        opening = attempt.pop("opening", "")
        body, *rest = sent
        attempt["body"] = opening + body if isinstance(body, str) else body
        attempt |= _rare_fields(rest)
        # An attempt for a subscription has left the lane of its target; a replay was in none.
        lane = None if attempt["subscription"] is None else attempt["url"]
        self.attempts[serial] = {"attempt": attempt, "lane": lane}

    def _read_ended(self, at_ms: int, serial: int, *fields: Value) -> None:
        delivery = {"ended_ms": at_ms, **dict(zip(IN_ENDED, fields, strict=False))}
        sent = self.attempts.pop(serial, None)
        if sent is not None:
            attempt = sent["attempt"]
            delivery |= {
                "target": attempt["url"],
                "started_ms": attempt["started_ms"],
                "request_headers": attempt["headers"],
                "request_body": attempt["body"],
                "subscription": attempt.get("subscription"),
            }
        delivery |= _rare_fields(fields[len(IN_ENDED) :])
        notification = self.notifications[serial]
        _drop_position(notification)
        notification["state"] = delivery["outcome"]
        entry = {"at": at_ms, "kind": _ENDED, "notification": serial, "delivery": delivery}
        self.entries.append((len(self.entries) + 1, entry))

    def _read_answer(self, serial: int, at_ms: int, result: Value) -> None:
        self.attempts[serial] |= {"answer": result, "at": at_ms}

    def _read_also(self, serial: int, facts: Mapping[str, Value]) -> None:
        self.notifications[serial].update(facts)


def _drop_position(notification: dict[str, Value]) -> None:
    for name in ("seat", "rank"):
        notification.pop(name, None)


def _rare_fields(rest: Sequence[Mapping[str, Value] | None]) -> Mapping[str, Value]:
    """The fields of a step that most steps do not have, if any."""
    return rest[0] or {} if rest else {}
