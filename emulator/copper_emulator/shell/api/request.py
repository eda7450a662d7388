"""What the API has to know of a request, whoever has read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from aiohttp import web


class ApiRequest(Protocol):
    """A request of the API: aiohttp's own, or one that was read at a glance (`direct.py`)."""

    @property
    def app(self) -> web.Application:
        """The API's application."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str:
        """The decoded path, without the query."""

    @property
    def raw_path(self) -> str:
        """The path and the query as they were sent."""

    @property
    def query_string(self) -> str: ...

    @property
    def query(self) -> Mapping[str, str]: ...

    @property
    def headers(self) -> Mapping[str, str]:
        """By names in any case."""

    @property
    def content_type(self) -> str: ...

    @property
    def match_info(self) -> Mapping[str, str]:
        """The parts of the path that its route leaves open."""
