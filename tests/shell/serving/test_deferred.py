"""What has a server loaded when it is ready, and what does the first request to each of its parts load?"""

from __future__ import annotations

import os
import subprocess
import sys
from textwrap import dedent

import pytest

_ACCOUNTS = "copper_emulator.core.account"
_API = "copper_emulator.shell.api.app"
_CONTROL = "copper_emulator.shell.control.api"
_PAGE_OF_THE_API = "copper_emulator.shell.control.reference"

HEADERS = {
    "X-PW-AccessToken": "token",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "qa@example.com",
}


def loaded_after(*paths: str) -> set[str]:
    """The modules of a separate process that runs a server and has requested these paths from it."""
    program = f"""
        import asyncio, sys
        import aiohttp
        from copper_emulator.settings import Settings
        from copper_emulator.shell.served.plan import Plan
        from copper_emulator.shell.serving.server import Server

        async def main():
            headers = {HEADERS!r}
            async with Server(Plan(Settings()), port=0) as server, aiohttp.ClientSession() as client:
                for path in {paths!r}:
                    async with client.get(server.url + path, headers=headers) as answer:
                        assert answer.status == 200, (path, answer.status)
                print(*sys.modules)

        asyncio.run(main())
    """
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)],
        capture_output=True,
        text=True,
        timeout=60,
        # Coverage measurement loads modules, too.
        env={name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")},
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_a_server_that_is_ready_has_loaded_no_part_that_nobody_asked_for() -> None:
    loaded = loaded_after("/_emulator/v1/health", "/", "/_emulator/page/mark.svg")

    assert not loaded & {_ACCOUNTS, _API, _CONTROL, "sqlite3", "rich", "yaml", "difflib"}


def test_a_server_with_the_default_settings_tells_of_itself_and_its_accounts_without_having_made_validators() -> None:
    """With the first of them, pydantic reads the entry points of all installed packages."""
    assert "importlib.metadata" not in loaded_after("/_emulator/v1/health", "/_emulator/v1/accounts")
    assert "importlib.metadata" in loaded_after("/_emulator/v1/accounts/default/settings")


@pytest.mark.parametrize(
    ("path", "brings", "leaves"),
    [
        ("/developer_api/v1/webhooks", {_API, _ACCOUNTS}, {_CONTROL, _PAGE_OF_THE_API}),
        ("/_emulator/v1/accounts", {_CONTROL, _ACCOUNTS}, {_API, _PAGE_OF_THE_API}),
        ("/_emulator/v1/ready", {_ACCOUNTS}, {_CONTROL, _API}),
        ("/_emulator/docs", {_PAGE_OF_THE_API}, {_API}),
        ("/_emulator/openapi.json", {_CONTROL}, {_API}),
        ("/_emulator/developer_api.json", {_API}, {_CONTROL}),
    ],
)
def test_a_part_is_loaded_with_the_first_request_to_it(path: str, brings: set[str], leaves: set[str]) -> None:
    loaded = loaded_after(path)

    assert brings <= loaded
    assert not leaves & loaded
