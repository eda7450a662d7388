"""The few calls of Copper's Developer API that board needs, with aiohttp's own client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientResponse, ClientSession

PAGE = 200
"""The most records that a search of Copper's returns at once."""


class Busy(Exception):
    """Copper accepts no more calls for now (429): try again later."""


class Client:
    """Copper's tasks. Whoever opened the session closes it."""

    def __init__(self, session: ClientSession, api_url: str, token: str, email: str) -> None:
        self._session = session
        self._api_url = api_url
        self._headers = {"X-PW-AccessToken": token, "X-PW-Application": "developer_api", "X-PW-UserEmail": email}

    async def task(self, task_id: int) -> dict[str, Any] | None:
        """One task, or None if there is none with this id."""
        async with self._session.get(f"{self._api_url}/tasks/{task_id}", headers=self._headers) as answer:
            if answer.status == 404:
                return None
            found: dict[str, Any] = await _checked(answer)
            return found

    async def tasks(self) -> AsyncIterator[dict[str, Any]]:
        """All tasks, oldest first: any created during the reading are appended, and shift no others."""
        number = 1
        while True:
            page = await self._post(
                "/tasks/search", {"page_size": PAGE, "page_number": number, "sort_by": "date_created"}
            )
            for task in page:
                yield task
            if len(page) < PAGE:
                return
            number += 1

    async def subscribe(self, target: str, secret: str) -> None:
        """Subscribe `target` to all events of tasks, except those to which it is subscribed already."""
        async with self._session.get(f"{self._api_url}/webhooks", headers=self._headers) as answer:
            there = await _checked(answer)
        known = {(each["type"], each["event"], each["target"]) for each in there}
        for event in ("new", "update", "delete"):
            if ("task", event, target) not in known:
                await self._post(
                    "/webhooks", {"target": target, "type": "task", "event": event, "secret": {"key": secret}}
                )

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        async with self._session.post(self._api_url + path, json=body, headers=self._headers) as answer:
            return await _checked(answer)


async def _checked(answer: ClientResponse) -> Any:
    if answer.status == 429:
        raise Busy
    answer.raise_for_status()
    return await answer.json()
