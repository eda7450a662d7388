"""How is a part of the server made only when something in it is first requested?

Most servers are asked for little but the emulated API: parts never requested are never loaded, and the server is ready
before any of them is. The first request to a part waits until it has been loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aiohttp import web
from yarl import URL


class Deferred(web.AbstractResource):
    """Everything at and below a path, answered by an application that is made at the first request.

    Args:
        path: like `/_emulator/v1`; `/` for whatever nothing else answers.
        make: makes the application; its routes have their full paths.
    """

    def __init__(self, path: str, make: Callable[[], web.Application]) -> None:
        super().__init__()
        self._path = path
        self._make = make
        self._app: web.Application | None = None

    @property
    def canonical(self) -> str:
        return self._path

    async def resolve(self, request: web.Request) -> tuple[web.UrlMappingMatchInfo | None, set[str]]:
        app = self._made()
        found = await app.router.resolve(request)
        found.add_app(app)
        return found, set()

    def _made(self) -> web.Application:
        if self._app is None:
            self._app = self._make()
            self._app.freeze()
        return self._app

    def add_prefix(self, prefix: str) -> None:
        raise RuntimeError("a deferred part knows its whole path")

    def raw_match(self, path: str) -> bool:
        return False

    def url_for(self, **kwargs: str) -> URL:
        raise RuntimeError("a deferred part has no URL of its own")

    def get_info(self) -> dict[str, str]:  # type: ignore[override]  # aiohttp's type is its own
        return {"prefix": self._path}

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[web.AbstractRoute]:
        return iter(())
