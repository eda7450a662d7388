"""The client class of dc-copper-cli. An act is [method, path] or [method, path, body].

The class reports errors to a context. The command's own context tries to print them, and fails at that; this one passes
them on.
"""

import json
import sys
from typing import Any, NoReturn

import dc_copper_cli


class Told(SystemExit):
    """An error reported by the client. Like the command's own exit it is no Exception: the client catches those."""


class Context:
    """What the client needs from its context."""

    def debug(self, _text: str) -> None:
        """Ignore it."""

    def error(self, text: str, exit_code: int = 1) -> NoReturn:
        raise Told(exit_code, text)


def act(client: Any, method: str, *arguments: Any) -> dict[str, Any]:
    try:
        return {"ok": getattr(client, method)(*arguments)}
    except Told as problem:
        exit_code, text = problem.args
        return {"exit_code": exit_code, "text": text}


given = json.load(sys.stdin)
if "url" in given:
    dc_copper_cli.API_BASE_URL = given["url"]
client = dc_copper_cli.CopperAPIClient(given["token"], given["email"], Context())
json.dump([act(client, *each) for each in given["acts"]], sys.stdout)
