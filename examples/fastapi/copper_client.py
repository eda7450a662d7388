"""The few calls of Copper's Developer API that directory needs, with httpx."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx

PAGE = 200
"""The most records that a search of Copper's returns at once."""


class Busy(Exception):
    """Copper accepts no more calls for now (429): try again later."""


class Client:
    """Copper's companies: `async with Client(...) as copper:`."""

    def __init__(self, api_url: str, token: str, email: str) -> None:
        headers = {"X-PW-AccessToken": token, "X-PW-Application": "developer_api", "X-PW-UserEmail": email}
        self._http = httpx.AsyncClient(base_url=api_url, headers=headers, timeout=10)

    async def __aenter__(self) -> Client:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self._http.__aexit__(*raised)

    async def company(self, company_id: int) -> dict[str, Any] | None:
        """One company, or None if there is none with this id."""
        answer = await self._http.get(f"/companies/{company_id}")
        if answer.status_code == 404:
            return None
        found: dict[str, Any] = _checked(answer)
        return found

    async def companies(self) -> AsyncIterator[dict[str, Any]]:
        """All companies, oldest first: any created during the reading are appended, and shift no others."""
        number = 1
        while True:
            body = {"page_size": PAGE, "page_number": number, "sort_by": "date_created"}
            page = _checked(await self._http.post("/companies/search", json=body))
            for company in page:
                yield company
            if len(page) < PAGE:
                return
            number += 1

    async def subscribe(self, target: str, secret: str) -> None:
        """Subscribe `target` to all events of companies, except those to which it is subscribed already."""
        there = _checked(await self._http.get("/webhooks"))
        known = {(each["type"], each["event"], each["target"]) for each in there}
        for event in ("new", "update", "delete"):
            if ("company", event, target) not in known:
                body = {"target": target, "type": "company", "event": event, "secret": {"key": secret}}
                _checked(await self._http.post("/webhooks", json=body))


def _checked(answer: httpx.Response) -> Any:
    if answer.status_code == 429:
        raise Busy
    return answer.raise_for_status().json()
