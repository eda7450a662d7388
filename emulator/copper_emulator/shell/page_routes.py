"""How the page reaches a browser: its files at `/` and `/_emulator/page/`, with headers that let it do nothing else.

The page is a client of the control API like any other, so nothing of the emulator is known here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from copper_emulator.shell.control.guarding import Handler, answer_refusals, guard, protected

FOLDER = Path(__file__).parent / "page"

# Named here and not guessed: what the machine believes of `.js` would decide whether a browser runs it.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

_HEADERS = {
    # No scripts, styles, pictures or calls but this server's own, none written into the document, and in no frame.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Asked for again each time, answered with 304: after an upgrade no old module meets a new one.
    "Cache-Control": "no-cache",
}


def make_page(trusted_hosts: frozenset[str]) -> web.Application:
    """The files of the page, for whoever calls this machine by its own name."""
    app = web.Application(middlewares=[answer_refusals, guard(trusted_hosts)])
    files = page_files()

    async def get_file(request: web.Request) -> web.StreamResponse:
        return _sent(files, request.match_info["name"])

    app.add_routes([web.get("/{name:.+}", get_file)])
    return app


def start_page(trusted_hosts: frozenset[str]) -> Handler:
    """What `/` answers: the page itself."""
    files = page_files()

    async def get_page(request: web.Request) -> web.StreamResponse:
        return _sent(files, "index.html")

    return protected(trusted_hosts, get_page)


def page_files() -> dict[str, Path]:
    """What may be sent, by its path: a list made beforehand, so that no path leads out of the folder."""
    return {path.relative_to(FOLDER).as_posix(): path for path in sorted(FOLDER.rglob("*")) if path.suffix in _TYPES}


def _sent(files: Mapping[str, Path], name: str) -> web.StreamResponse:
    path = files.get(name)
    if path is None:
        raise web.HTTPNotFound
    kind = f"{_TYPES[path.suffix]}; charset=utf-8"
    return web.FileResponse(path, headers={**_HEADERS, "Content-Type": kind})
