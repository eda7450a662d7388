"""How does the page reach a browser? As files at `/` and `/_emulator/page/`, with headers that restrict what it can do.

The page is a client of the control API like any other, so this module knows nothing of the emulator.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from copper_emulator.shell.guarding import Handler, answer_refusals, guard, protected

FOLDER = Path(__file__).parents[1] / "page"

# Listed here and not guessed: the machine's own idea of `.js` could keep a browser from running it.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

_HEADERS = {
    # Only this server's own scripts, styles, images and calls, nothing inline, and no embedding in a frame.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Revalidated each time, answered with 304: after an upgrade no old module is mixed with new ones.
    "Cache-Control": "no-cache",
}


def make_page(trusted_hosts: frozenset[str]) -> web.Application:
    """The files of the page, for those that call this machine under a trusted name."""
    app = web.Application(middlewares=[answer_refusals, guard(trusted_hosts)])
    files = page_files()

    async def get_file(request: web.Request) -> web.StreamResponse:
        return _sent(files, request.match_info["name"])

    app.add_routes([web.get("/{name:.+}", get_file)])
    return app


def start_page(trusted_hosts: frozenset[str]) -> Handler:
    """The handler for `/`: the page itself."""
    files = page_files()

    async def get_page(request: web.Request) -> web.StreamResponse:
        return _sent(files, "index.html")

    return protected(trusted_hosts, get_page)


def page_files() -> dict[str, Path]:
    """The files that may be sent, by path: listed beforehand, so that no path leads out of the folder."""
    return {path.relative_to(FOLDER).as_posix(): path for path in sorted(FOLDER.rglob("*")) if path.suffix in _TYPES}


def _sent(files: Mapping[str, Path], name: str) -> web.StreamResponse:
    path = files.get(name)
    if path is None:
        raise web.HTTPNotFound
    kind = f"{_TYPES[path.suffix]}; charset=utf-8"
    return web.FileResponse(path, headers={**_HEADERS, "Content-Type": kind})
