"""Rows in which something comes while a fetch is under way, and what a framework runs after the answer, in its call."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from copper_emulator import AsyncEmulator, Emulator, Report

TARGET = "https://app.example/hook"
ROWS = ("overtaken", "deleted-meanwhile")

FACES = pytest.mark.parametrize("face", ["sync", "async"])


class Mirror:
    """Stores people as they were fetched, whichever answer comes last; or deals with one after the other, `in_turn`."""

    def __init__(self, copper: Any, *, in_turn: bool = False, answers_first: bool = True) -> None:
        self.copper = copper
        self.people: dict[int, Any] = {}
        self.turn = asyncio.Semaphore(1 if in_turn else 100)
        self.answers_first = answers_first
        self.app = Starlette(routes=[Route("/hook", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        told = await request.json()
        if self.answers_first:
            return Response(status_code=202, background=BackgroundTask(self.work, told))
        await self.work(told)
        return Response(status_code=200)

    async def work(self, told: dict[str, Any]) -> None:
        async with self.turn, httpx.AsyncClient(headers=self.copper.headers, trust_env=False) as client:
            for each in told["ids"]:
                if told["event"] == "delete":
                    self.people.pop(each, None)
                else:
                    answer = await client.get(f"{self.copper.api_url}/people/{each}")
                    self.people[each] = answer.json()

    def state(self) -> dict[str, Any]:
        return {"person": self.people}


def checked(face: str, **how: bool) -> Report:
    if face == "async":
        return asyncio.run(_checked(**how))
    with Emulator(strict=False) as copper:
        mirror = Mirror(copper, **how)
        copper.route("https://app.example", to=mirror.app)
        return copper.check(TARGET, only=ROWS, types="person", no_secret=True, state=mirror.state)


async def _checked(**how: bool) -> Report:
    async with AsyncEmulator(strict=False) as copper:
        mirror = Mirror(copper, **how)
        copper.route("https://app.example", to=mirror.app)
        return await copper.check(TARGET, only=ROWS, types="person", no_secret=True, state=mirror.state)


def verdicts(report: Report) -> list[str]:
    return [str(row.verdict) for row in report.rows]


@FACES
def test_what_comes_meanwhile_finds_it_at_work(face: str) -> None:
    report = checked(face)

    assert verdicts(report) == ["failed", "failed"], report
    assert report["overtaken"].evidence.startswith("an answer of the API overtook an earlier one; person ")
    assert "removed it before that was answered" in report["deleted-meanwhile"].evidence


@FACES
def test_who_works_on_one_after_the_other_is_right(face: str) -> None:
    report = checked(face, in_turn=True)

    assert verdicts(report) == ["passed", "passed"], report
    assert report["overtaken"].evidence.startswith("while a fetch was under way, it did not begin another; ")


@FACES
def test_only_of_who_fetches_before_it_answers_this_is_said(face: str) -> None:
    report = checked(face, answers_first=False)

    assert verdicts(report) == ["skipped", "skipped"], report
    assert all(row.evidence.startswith("it fetches before it answers, and in this process") for row in report.rows)
