"""directory: a service that answers from memory who the companies in Copper are.

It reads them all when it starts. From then on Copper notifies it of those that changed: it notes their ids, answers,
and fetches them in the background, several at once. Copper sends each notification only once, so every few minutes it
reads them all again.

- Only fetched records are trusted, so that late, repeated and reordered notifications lead to the same result.
- Only one task at a time calls Copper: of two answers about a company, the later one is then always the newer.
- If Copper accepts no more calls (429) or cannot be reached, what was noted stays noted for the next time.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import Annotated

import httpx
from copper_client import Busy, Client
from fastapi import BackgroundTasks, FastAPI, HTTPException
from pydantic import BaseModel, Field

AT_ONCE = 5
"""How many companies are fetched at the same time."""

EVERY = 300.0
"""Seconds between two reconciliations."""

log = logging.getLogger("directory")


class Company(BaseModel):
    """What directory shows of a company; Copper's other fields are left out."""

    id: int
    name: str
    email_domain: str | None
    tags: list[str]


class Notification(BaseModel):
    """The part of Copper's notification that is needed; `key` is the secret of the subscription."""

    ids: Annotated[list[int], Field(min_length=1)]
    key: str = ""


class Companies:
    """The companies in memory, and the work that keeps them up to date."""

    def __init__(self, copper: Client) -> None:
        self._copper = copper
        self._one_at_a_time = asyncio.Lock()
        self.known: dict[int, Company] = {}
        # A dictionary, because it is ordered.
        self.noted: dict[int, None] = {}

    def note(self, ids: list[int]) -> None:
        """Note that something happened to these companies."""
        self.noted.update(dict.fromkeys(ids))

    async def work(self) -> None:
        """Fetch all companies that are noted. Errors are logged, because no one waits for this."""
        async with self._one_at_a_time:
            try:
                while self.noted:
                    await self._fetch(list(islice(self.noted, AT_ONCE)))
            except* (Busy, httpx.HTTPError) as errors:
                log.warning("%d companies are left for later: %r", len(self.noted), errors.exceptions[0])

    async def reconcile(self) -> None:
        """Read all companies, to find what notifications have missed.

        A search omits deleted companies and may be some seconds late, so companies that it lacks are fetched by id.
        """
        seen = set()
        async with self._one_at_a_time:
            try:
                async for record in self._copper.companies():
                    seen.add(record["id"])
                    self.known[record["id"]] = Company.model_validate(record)
            except (Busy, httpx.HTTPError) as error:
                log.warning("reconciling is left for later: %r", error)
                return
        self.note([company_id for company_id in self.known if company_id not in seen])
        await self.work()

    async def _fetch(self, ids: list[int]) -> None:
        for company_id in ids:
            # Before the fetch, so that a notification arriving meanwhile notes it again.
            del self.noted[company_id]
        try:
            async with asyncio.TaskGroup() as group:
                for company_id in ids:
                    group.create_task(self._look_after(company_id))
        except BaseException:
            # Perhaps some of them were fetched; fetching them twice does no harm.
            self.note(ids)
            raise

    async def _look_after(self, company_id: int) -> None:
        record = await self._copper.company(company_id)
        if record is None:
            self.known.pop(company_id, None)
        else:
            self.known[company_id] = Company.model_validate(record)


def create_app(copper: Client, *, target: str, secret: str) -> FastAPI:
    """The service. Copper reaches it at `target` and sends `secret`."""
    companies = Companies(copper)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with copper:
            await copper.subscribe(target, secret)
            # After subscribing, so that there is a notification for every later change.
            await companies.reconcile()
            again = asyncio.create_task(_again_and_again(companies))
            yield
            again.cancel()
            with suppress(asyncio.CancelledError):
                await again

    app = FastAPI(title="directory", lifespan=lifespan)
    app.state.companies = companies

    @app.post("/hooks/copper", status_code=204)
    async def hook(notification: Notification, background: BackgroundTasks) -> None:
        if not hmac.compare_digest(notification.key.encode(), secret.encode()):
            raise HTTPException(401, "wrong secret")
        companies.note(notification.ids)
        background.add_task(companies.work)

    @app.get("/companies/{company_id}")
    async def show(company_id: int) -> Company:
        if company_id not in companies.known:
            raise HTTPException(404, "no such company")
        return companies.known[company_id]

    return app


async def _again_and_again(companies: Companies) -> None:
    while True:
        await asyncio.sleep(EVERY)
        await companies.reconcile()
