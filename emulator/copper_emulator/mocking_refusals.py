"""Did a library that mocks HTTP, or forbids it, refuse a call that an endpoint in this process made to the emulator?"""

from __future__ import annotations

from collections.abc import Iterator

from copper_emulator.interception.hosts import HOSTS

_LIBRARIES = {
    "aioresponses": "aioresponses",
    "httpretty": "httpretty",
    "mocket": "mocket",
    "pook": "pook",
    "pytest_httpx": "pytest-httpx",
    "pytest_recording": "pytest-recording",
    "pytest_socket": "pytest-socket",
    "requests_mock": "requests-mock",
    "responses": "responses",
    "respx": "respx",
    "vcr": "vcrpy",
}
"""The package that raises, and the name by which it is installed."""

_NAMELESS = ("A test tried to use socket",)
"""How pytest-socket begins when it refuses every connection: it does not name the host."""

_HERE = "127.0.0.1"


def about_mocking(error: BaseException) -> str:
    """What helps if it was that, as a sentence without its full stop; empty if it was not."""
    for cause in _chain(error):
        library, host = _LIBRARIES.get(_raised_in(cause), ""), _host_in(str(cause))
        if library and host:
            way = "" if host == _HERE else ", with copper.intercept()"
            return (
                f"The endpoint's call to {host} was refused in this process by {library}: let {host} pass{way} "
                '(`copper-emulator docs tests`, "Beside libraries that mock HTTP")'
            )
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _raised_in(error: BaseException) -> str:
    """The package whose code raised it. Its type does not tell: most of them raise what a client would."""
    traceback, package = error.__traceback__, ""
    while traceback is not None:
        package = str(traceback.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        traceback = traceback.tb_next
    return package


def _host_in(text: str) -> str:
    """The emulator's host or one of Copper's, whichever the call was for; empty if it was for neither."""
    found = next((host for host in (_HERE, *HOSTS) if host in text), "")
    return found or (_HERE if text.startswith(_NAMELESS) else "")
