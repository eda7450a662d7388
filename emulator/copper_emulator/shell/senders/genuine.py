"""aiohttp's client as aiohttp wrote it: what do the emulator's requests go through, whatever a test has replaced?

Libraries that mock HTTP (vcrpy, aioresponses, pook) replace `ClientSession._request` for the whole process. A delivery
that went through that would be answered from a cassette, and its secret would be written into one.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import aiohttp.client
from yarl import URL


def _unreplaced() -> ModuleType:
    """aiohttp's own module, or a copy made from its source if something in it has been replaced already."""
    client: ModuleType = aiohttp.client
    # A wrapper takes over the names of what it wraps, but not the globals.
    request = getattr(client.ClientSession, "_request", None)
    if getattr(request, "__globals__", None) is vars(client):
        return client
    spec = client.__spec__
    if spec is None or spec.loader is None:
        raise ImportError("aiohttp's client has been replaced, and its module cannot be loaded again")
    copy = importlib.util.module_from_spec(spec)
    # Not entered in sys.modules: nobody else gets to see it, or to replace anything in it.
    spec.loader.exec_module(copy)
    return copy


_CLIENT: Any = _unreplaced()

ClientSession: type[aiohttp.ClientSession] = _CLIENT.ClientSession
ClientTimeout: type[aiohttp.ClientTimeout] = _CLIENT.ClientTimeout

_REQUEST = ClientSession._request  # noqa: SLF001 - looked up by name, it would be whatever has replaced it by then


async def post(session: aiohttp.ClientSession, url: URL, **options: Any) -> aiohttp.ClientResponse:
    """Send a POST, as `session.post` does."""
    return await _REQUEST(session, "POST", url, **options)
