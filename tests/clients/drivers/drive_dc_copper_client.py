"""The client class of dc-copper-cli. An act is [method, path] or [method, path, body].

The class is given a context that it tells of errors. The command's own prints them, and fails in that; this one hands
on what it was told.
"""

import json
import sys
from typing import Any, NoReturn

import dc_copper_cli


class Told(SystemExit):
    """What the client said is wrong. No Exception, as the command's own exit is none: the client catches those."""


class Context:
    """What the client asks of its context."""

    def debug(self, _text: str) -> None:
        """Nobody reads it."""

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
