"""mirror: a small application that keeps a copy of Copper's people in a database of its own.

Copper tells it by webhook which people changed; it fetches each one and writes down name, email and tags. Copper tells
once and never again, so that what is missed while mirror is down is missed for good. Therefore `reconcile`, run every
few minutes by whatever runs jobs: it asks Copper's search for everything modified since the last time, page by page,
and looks after the people it knows, page by page, whether they are still there.

What makes the two right together:

- both write whole records, fetched and not guessed, so that the order in which they run does not matter;
- the next run begins a little before the last one's newest record: searches see new records some seconds late, and two
  records may be modified in the same second;
- a run reads until it has read everything once without anything new: a person modified between two pages moves to the
  end, everybody behind moves one place forward, and the next page misses one of them;
- a person that cannot be fetched is gone, whatever the notification said.
"""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import requests
from flask import Flask, Response, request

PAGE = 200
"""The most that Copper's search gives at once."""

OVERLAP = 60
"""Seconds that a run looks back behind the newest record of the last one."""


class Copper:
    """The few calls of Copper's Developer API that mirror needs."""

    def __init__(self, api_url: str, headers: dict[str, str]) -> None:
        self._api_url = api_url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(headers)

    def person(self, person_id: int) -> dict[str, Any] | None:
        """One person, or None when there is none."""
        answer = self._session.get(f"{self._api_url}/people/{person_id}", timeout=10)
        if answer.status_code == 404:
            return None
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def search(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """Everyone who fits, page by page."""
        number = 1
        while True:
            page = self._page({"page_size": PAGE, "page_number": number, "sort_by": "date_modified", **filters})
            yield from page
            if len(page) < PAGE:
                return
            number += 1

    def _page(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self._session.post(f"{self._api_url}/people/search", json=body, timeout=10)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def close(self) -> None:
        self._session.close()


class People:
    """The copy."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, check_same_thread=False)
        self._db.execute("CREATE TABLE IF NOT EXISTS person (id INTEGER PRIMARY KEY, name TEXT, email TEXT, tags TEXT)")
        self._db.execute("CREATE TABLE IF NOT EXISTS seen (until INTEGER NOT NULL)")

    def keep(self, person: dict[str, Any]) -> None:
        """Write a person as Copper has it now."""
        email = person["emails"][0]["email"] if person["emails"] else None
        row = (person["id"], person["name"], email, json.dumps(person["tags"]))
        with self._db:
            self._db.execute("INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?)", row)

    def forget(self, person_id: int) -> None:
        """This person is no longer in Copper."""
        with self._db:
            self._db.execute("DELETE FROM person WHERE id = ?", (person_id,))

    def ids(self) -> list[int]:
        """Whom the copy has."""
        return [person_id for (person_id,) in self._db.execute("SELECT id FROM person ORDER BY id")]

    def all(self) -> dict[int, tuple[str, str | None, list[str]]]:
        """Everyone: name, email and tags by id."""
        rows = self._db.execute("SELECT id, name, email, tags FROM person ORDER BY id")
        return {person_id: (name, email, json.loads(tags)) for person_id, name, email, tags in rows}

    def seen_until(self) -> int:
        """The newest modification that a run of `reconcile` has seen; 0 before the first."""
        (until,) = self._db.execute("SELECT coalesce(max(until), 0) FROM seen").fetchone()
        return int(until)

    def saw(self, until: int) -> None:
        with self._db:
            self._db.execute("INSERT INTO seen VALUES (?)", (until,))

    def close(self) -> None:
        self._db.close()


def reconcile(people: People, copper: Copper) -> None:
    """Repair what lost notifications have left wrong."""
    since = people.seen_until()
    seen: dict[int, int] = {}
    news = True
    while news:
        news = False
        for person in copper.search(minimum_modified_date=max(since - OVERLAP, 0)):
            if seen.get(person["id"]) != person["date_modified"]:
                people.keep(person)
                seen[person["id"]] = person["date_modified"]
                news = True
    for page in pages(people.ids()):
        still_there = {person["id"] for person in copper.search(ids=page)}
        for person_id in page:
            # Searches may be late in both directions: who is not found is asked for by id.
            if person_id not in still_there and copper.person(person_id) is None:
                people.forget(person_id)
    people.saw(max(seen.values(), default=since))


def pages(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """So many ids as one search may name."""
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]


def create_app(people: People, copper: Copper, secret: str) -> Flask:
    """The endpoint. `secret` is what the subscriptions were given as `{"key": secret}`."""
    app = Flask("mirror")

    @app.post("/hooks/copper")
    def hook() -> Response:
        notification = request.get_json(silent=True)
        if not isinstance(notification, dict):
            return Response("not a notification", status=400)
        if not hmac.compare_digest(str(notification.get("key", "")).encode(), secret.encode()):
            return Response("wrong secret", status=401)
        for person_id in notification["ids"]:
            person = copper.person(person_id)
            if person is None:
                people.forget(person_id)
            else:
                people.keep(person)
        return Response(status=204)

    return app
