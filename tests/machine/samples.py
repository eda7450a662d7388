"""Nine small applications that keep a copy of Copper's records: one is right, eight have one classic bug each.

Each is a WSGI application. Any `POST` is a notification; `GET /state` answers with its copy as JSON, and
`POST /reconcile` repairs the copy by searching, so that checks over HTTP can look inside:

    app = sample("first id only", api_url=copper.api_url, headers=copper.headers, secret="s3cret")
    app = sample("right", client=InProcess(copper), secret="s3cret")
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from http.client import HTTPConnection
from typing import Any, Protocol
from urllib.parse import urlsplit
from weakref import finalize

from copper_emulator import Copper, NotFound

PLURALS = {
    "lead": "leads",
    "person": "people",
    "company": "companies",
    "opportunity": "opportunities",
    "project": "projects",
    "task": "tasks",
    "activity_log": "activities",
}
KEPT = ("name", "details")
"""The fields that the copy has; an activity has no name."""

Row = dict[str, Any]
Copy = dict[str, dict[int, Row]]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class Client(Protocol):
    """The few calls of Copper's Developer API that the samples need."""

    def get(self, kind: str, record_id: int) -> Mapping[str, Any] | None: ...
    def all(self, kind: str) -> Iterable[Mapping[str, Any]]: ...
    def update(self, kind: str, record_id: int, fields: Row) -> None: ...


class OverHttp:
    """The calls over HTTP, with a kept connection for each thread."""

    tries = 4

    def __init__(self, api_url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(api_url)
        self._place, self._path = parts.netloc, parts.path
        self._headers = {**headers, "Content-Type": "application/json"}
        self._kept = threading.local()

    def get(self, kind: str, record_id: int) -> Mapping[str, Any] | None:
        found: Row | None = self._call("GET", f"{PLURALS[kind]}/{record_id}")
        # A deleted activity remains readable as a stub.
        return None if found is None or found.get("is_deleted") else found

    def all(self, kind: str) -> Iterable[Mapping[str, Any]]:
        number, size = 1, 200
        while True:
            page = self._call("POST", f"{PLURALS[kind]}/search", {"page_size": size, "page_number": number})
            yield from page
            if len(page) < size:
                return
            number += 1

    def update(self, kind: str, record_id: int, fields: Row) -> None:
        self._call("PUT", f"{PLURALS[kind]}/{record_id}", fields)

    def _call(self, method: str, path: str, body: object = None) -> Any:
        """The answer, or None if there is no such record. Calls that are refused or not answered are retried."""
        connection = self._connection()
        data = None if body is None else json.dumps(body)
        status, said = 0, "no answer"
        for _ in range(self.tries):
            try:
                connection.request(method, f"{self._path}/{path}", data, self._headers)
                answer = connection.getresponse()
            except TimeoutError:
                connection.close()
                continue
            status, said = answer.status, json.loads(answer.read())
            if status not in (429, 503):
                break
            threading.Event().wait(_PAUSE)
        if status not in (200, 404):
            raise RuntimeError(f"{method} {path}: {status} {said}")
        return said if status == 200 else None

    def _connection(self) -> HTTPConnection:
        # An application may be called by many threads, but a connection used by only one.
        kept: HTTPConnection | None = getattr(self._kept, "connection", None)
        if kept is None:
            kept = self._kept.connection = HTTPConnection(self._place, timeout=4)
            finalize(self, kept.close)
        return kept


_PAUSE = 0.1
"""Seconds before a refused call is tried again. For Copper it would be longer, each time."""


class InProcess:
    """The same through the Python face, which is faster, for many examples."""

    def __init__(self, copper: Copper) -> None:
        self._faces: dict[str, Any] = {kind: getattr(copper, plural) for kind, plural in PLURALS.items()}

    def get(self, kind: str, record_id: int) -> Mapping[str, Any] | None:
        try:
            found: Mapping[str, Any] = self._faces[kind].get(record_id)
        except NotFound:
            return None
        return found

    def all(self, kind: str) -> Iterable[Mapping[str, Any]]:
        found: Iterable[Mapping[str, Any]] = self._faces[kind].search()
        return found

    def update(self, kind: str, record_id: int, fields: Row) -> None:
        self._faces[kind].update(record_id, **fields)


class Sample:
    """The right one: checks the secret, processes all ids, fetches each record, forgets those that are gone."""

    checks_secret = True

    def __init__(self, client: Client, secret: str) -> None:
        self._client = client
        self._secret = secret
        self.copy: Copy = {kind: {} for kind in PLURALS}
        self._modified: dict[tuple[str, int], int] = {}
        self._gone: set[tuple[str, int]] = set()

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> list[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            return _answer(start_response, "200 OK", self.copy)
        if environ["PATH_INFO"] == "/reconcile":
            self.reconcile()
            return _answer(start_response, "200 OK", {})
        try:
            body = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return _answer(start_response, "400 Bad Request", {"error": "not a notification"})
        if self.checks_secret and body.get("key") != self._secret:
            return _answer(start_response, "401 Unauthorized", {"error": "wrong secret"})
        if body.get("type") in (*PLURALS, None):
            self.notified(body)
        return _answer(start_response, "200 OK", {})

    def notified(self, body: Row) -> None:
        for record_id in body["ids"]:
            if body["event"] == "delete":
                self.forget(body["type"], record_id)
            else:
                self.fetch(body["type"], record_id)

    def fetch(self, kind: str, record_id: int) -> None:
        """Store a record as it is in Copper now, unless a newer one has arrived meanwhile; forget it if it is gone."""
        record = self._client.get(kind, record_id)
        if record is None:
            self.forget(kind, record_id)
            return
        if (kind, record_id) in self._gone:
            # It was fetched before it was deleted, and the answer came afterwards.
            return
        # That of an activity is its own date, which may be set back.
        modified = 0 if kind == "activity_log" else record["date_modified"]
        if modified >= self._modified.get((kind, record_id), modified):
            self._modified[kind, record_id] = modified
            self.copy[kind][record_id] = kept(record)

    def forget(self, kind: str, record_id: int) -> None:
        self._gone.add((kind, record_id))
        self.copy[kind].pop(record_id, None)

    def reconcile(self) -> None:
        """Correct the copy, whatever was missed."""
        for kind in PLURALS:
            self.copy[kind] = {record["id"]: kept(record) for record in self._client.all(kind)}


class FirstIdOnly(Sample):
    """Handles only one record of each notification."""

    def notified(self, body: Row) -> None:
        super().notified({**body, "ids": body["ids"][:1]})


class TrustsOrder(Sample):
    """Stores the new values in an update, so that the one that arrives last wins."""

    def notified(self, body: Row) -> None:
        if body["event"] != "update":
            super().notified(body)
            return
        told = {name: pair[1] for name, pair in body["updated_attributes"].items() if name in KEPT}
        for record_id in body["ids"]:
            if record_id in self.copy[body["type"]]:
                self.copy[body["type"]][record_id].update(told)


class ParsesTheBodyAsARecord(Sample):
    """Treats the notification as the record itself."""

    def notified(self, body: Row) -> None:
        self.copy[body["type"]][body.get("id", 0)] = kept(body)


class IgnoresDeletes(Sample):
    """Answers 200 to deletions and does nothing."""

    def notified(self, body: Row) -> None:
        if body["event"] != "delete":
            super().notified(body)


class CrashesOnEmptyAttributes(Sample):
    """Looks for the first changed field, even of new records."""

    def notified(self, body: Row) -> None:
        _ = list(body["updated_attributes"])[0]  # noqa: RUF015 - the bug as people write it
        super().notified(body)


class NoSecretCheck(Sample):
    """Accepts notifications from anyone."""

    checks_secret = False


class LosesABatch(Sample):
    """Works in one transaction and always answers 200: if one record is gone, all are lost."""

    def notified(self, body: Row) -> None:
        before = dict(self.copy[body["type"]])
        try:
            super().notified(body)
        except LookupError:
            self.copy[body["type"]] = before

    def fetch(self, kind: str, record_id: int) -> None:
        if self._client.get(kind, record_id) is None:
            raise LookupError(f"there is no {kind} {record_id}")
        super().fetch(kind, record_id)


class EchoLoop(Sample):
    """Counts changes in the record itself, which causes further notifications."""

    def fetch(self, kind: str, record_id: int) -> None:
        super().fetch(kind, record_id)
        row = self.copy[kind].get(record_id)
        if row is not None:
            before = row["details"] or ""
            seen = int(before.removeprefix("seen ")) if before.removeprefix("seen ").isdecimal() else 0
            self._client.update(kind, record_id, {"details": f"seen {seen + 1}"})


SAMPLES: dict[str, type[Sample]] = {
    "right": Sample,
    "first id only": FirstIdOnly,
    "trusts order": TrustsOrder,
    "parses the body as a record": ParsesTheBodyAsARecord,
    "ignores deletes": IgnoresDeletes,
    "crashes on empty updated_attributes": CrashesOnEmptyAttributes,
    "no secret check": NoSecretCheck,
    "loses a batch on one bad record": LosesABatch,
    "echo loop": EchoLoop,
}


def sample(
    name: str,
    *,
    api_url: str = "",
    headers: Mapping[str, str] | None = None,
    client: Client | None = None,
    secret: str = "s3cret",
) -> Sample:
    """One of the nine. `client` instead of `api_url` and `headers`: `InProcess(copper)`."""
    return SAMPLES[name](OverHttp(api_url, headers or {}) if client is None else client, secret)


def kept(record: Mapping[str, Any]) -> Row:
    """The part of a record that the copy has."""
    return {name: record.get(name) for name in KEPT}


def truth(copper: Copper) -> Copy:
    """What a correct copy of the account's records would be."""
    faces = {kind: getattr(copper, plural) for kind, plural in PLURALS.items()}
    return {kind: {record["id"]: kept(record) for record in face.search()} for kind, face in faces.items()}


def _answer(start_response: StartResponse, status: str, body: object) -> list[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]
