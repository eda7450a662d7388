"""The few calls of Copper's Developer API that sales needs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
from django.conf import settings

PAGE = 200
"""The most records that a search of Copper's returns at once."""


class Busy(Exception):
    """Copper accepts no more calls for now (429): try again later."""


class Client:
    """Copper's opportunities."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def opportunity(self, copper_id: int) -> dict[str, Any] | None:
        """One opportunity, or None if there is none with this id."""
        found: dict[str, Any] | None = self._call("GET", f"/opportunities/{copper_id}", or_none=True)
        return found

    def opportunities(self) -> Iterator[dict[str, Any]]:
        """All opportunities, oldest first: any created during the reading are appended, and shift no others."""
        number = 1
        while True:
            body = {"page_size": PAGE, "page_number": number, "sort_by": "date_created"}
            page = self._call("POST", "/opportunities/search", body)
            yield from page
            if len(page) < PAGE:
                return
            number += 1

    def subscribe(self, target: str, secret: str) -> list[str]:
        """Subscribe `target` to all events of opportunities; return the events to which it was not yet subscribed."""
        there = {(each["type"], each["event"], each["target"]) for each in self._call("GET", "/webhooks")}
        missing = [event for event in ("new", "update", "delete") if ("opportunity", event, target) not in there]
        for event in missing:
            body = {"target": target, "type": "opportunity", "event": event, "secret": {"key": secret}}
            self._call("POST", "/webhooks", body)
        return missing

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, *, or_none: bool = False) -> Any:
        answer = self._session.request(method, settings.COPPER_API_URL + path, json=body, timeout=10)
        if or_none and answer.status_code == 404:
            return None
        if answer.status_code == 429:
            raise Busy
        answer.raise_for_status()
        return answer.json()


@contextmanager
def client() -> Iterator[Client]:
    """A client for Copper, configured by the settings."""
    with requests.Session() as session:
        session.headers["X-PW-AccessToken"] = settings.COPPER_TOKEN
        session.headers["X-PW-UserEmail"] = settings.COPPER_EMAIL
        session.headers["X-PW-Application"] = "developer_api"
        yield Client(session)
