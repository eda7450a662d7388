"""The few calls of Copper's Developer API that mirror needs, with requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import requests

PAGE = 200
"""The most records that a search of Copper's returns at once."""


class Busy(Exception):
    """Copper accepts no more calls for now (429): try again later."""


class Client:
    """Copper's people, accessed as one of its users."""

    def __init__(self, api_url: str, token: str, email: str) -> None:
        self._api_url = api_url
        self._session = requests.Session()
        self._session.headers.update(
            {"X-PW-AccessToken": token, "X-PW-Application": "developer_api", "X-PW-UserEmail": email}
        )

    def person(self, person_id: int) -> dict[str, Any] | None:
        """One person, or None if there is none with this id."""
        found: dict[str, Any] | None = self._call("GET", f"/people/{person_id}", or_none=True)
        return found

    def search(self, **filters: Any) -> Iterator[dict[str, Any]]:
        """All people that match, page by page."""
        number = 1
        while True:
            page = self.page({"page_size": PAGE, "page_number": number, "sort_by": "date_modified", **filters})
            yield from page
            if len(page) < PAGE:
                return
            number += 1

    def page(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """One page of a search."""
        found: list[dict[str, Any]] = self._call("POST", "/people/search", body)
        return found

    def subscribe(self, target: str, secret: str, events: Iterable[str] = ("new", "update", "delete")) -> None:
        """Subscribe `target` to these events of people, except those to which it is subscribed already."""
        there = {(each["type"], each["event"], each["target"]) for each in self._call("GET", "/webhooks")}
        for event in events:
            if ("person", event, target) not in there:
                body = {"target": target, "type": "person", "event": event, "secret": {"key": secret}}
                self._call("POST", "/webhooks", body)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None, *, or_none: bool = False) -> Any:
        answer = self._session.request(method, self._api_url + path, json=body, timeout=10)
        if or_none and answer.status_code == 404:
            return None
        if answer.status_code == 429:
            raise Busy
        answer.raise_for_status()
        return answer.json()
