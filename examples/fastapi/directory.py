"""directory: a service that answers who the companies in Copper are, out of its own memory.

It reads them all when it starts. From then on Copper tells it which have changed: it notes their ids, answers, and
fetches them in the background, some at once. Copper tells once and never again, so every few minutes it reads them all
once more.

- Only what was fetched is believed, so that late, repeated and reordered notifications come to the same.
- One task at a time asks Copper: of two answers about the same company the later one is then the newer one.
- Where Copper takes no more calls (429) or cannot be reached, what was noted stays noted, for the next time.
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
"""So many companies are fetched at the same time."""

EVERY = 300.0
"""Seconds between two reconciliations."""

log = logging.getLogger("directory")


class Company(BaseModel):
    """What directory tells of one; Copper's other fields are left out."""

    id: int
    name: str
    email_domain: str | None
    tags: list[str]


class Notification(BaseModel):
    """What Copper sends, as far as it is needed; `key` is the secret of the subscription."""

    ids: Annotated[list[int], Field(min_length=1)]
    key: str = ""


class Companies:
    """The memory, and the work that keeps it right."""

    def __init__(self, copper: Client) -> None:
        self._copper = copper
        self._one_at_a_time = asyncio.Lock()
        self.known: dict[int, Company] = {}
        # A dictionary, because it keeps its order.
        self.noted: dict[int, None] = {}

    def note(self, ids: list[int]) -> None:
        """Something happened to these."""
        self.noted.update(dict.fromkeys(ids))

    async def work(self) -> None:
        """Fetch all that is noted. What goes wrong is said in the log, since nobody waits for this."""
        async with self._one_at_a_time:
            try:
                while self.noted:
                    await self._fetch(list(islice(self.noted, AT_ONCE)))
            except* (Busy, httpx.HTTPError) as errors:
                log.warning("%d companies are left for later: %r", len(self.noted), errors.exceptions[0])

    async def reconcile(self) -> None:
        """Read all companies, to find what notifications have missed.

        A search does not tell what was deleted, and may be some seconds late: a company that it does not have is asked
        for.
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
            # Before the fetch, so that a notification that comes meanwhile notes it again.
            del self.noted[company_id]
        try:
            async with asyncio.TaskGroup() as group:
                for company_id in ids:
                    group.create_task(self._look_after(company_id))
        except BaseException:
            # Perhaps some of them were fetched; twice does no harm.
            self.note(ids)
            raise

    async def _look_after(self, company_id: int) -> None:
        record = await self._copper.company(company_id)
        if record is None:
            self.known.pop(company_id, None)
        else:
            self.known[company_id] = Company.model_validate(record)


def create_app(copper: Client, *, target: str, secret: str) -> FastAPI:
    """The service. Copper reaches it at `target` and says `secret`."""
    companies = Companies(copper)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with copper:
            await copper.subscribe(target, secret)
            # After subscribing: what happens from here on is told of.
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
