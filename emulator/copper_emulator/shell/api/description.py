"""The description of the API for programs: one OpenAPI document, the same for every account and every caller."""

from __future__ import annotations

from aiohttp import web

from copper_emulator.openapi import describe
from copper_emulator.shell.api.answers import answer
from copper_emulator.shell.api.json_answer import JsonResponse

PATH = "/_emulator/developer_api.json"


async def show(request: web.Request) -> web.StreamResponse:
    """200 with the OpenAPI document."""
    return JsonResponse(answer(describe()))


routes = [web.get(PATH, show)]
