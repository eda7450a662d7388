"""The Copper connector of parsons. An act is [method, {argument: value}]; a table is returned as a list of rows."""

import json
import sys
from typing import Any

from parsons import Copper, Table


def plain(value: Any) -> Any:
    """Tables as lists of rows; several of them as {name: rows}."""
    if isinstance(value, Table):
        return value.to_dicts()
    if (
        isinstance(value, list)
        and value
        and all(isinstance(each, dict) and set(each) == {"name", "tbl"} for each in value)
    ):
        return {each["name"]: plain(each["tbl"]) for each in value}
    return value


given = json.load(sys.stdin)
client = Copper(user_email=given["email"], api_key=given["token"])
if "url" in given:
    client.uri = given["url"]
json.dump([plain(getattr(client, method)(**arguments)) for method, arguments in given["acts"]], sys.stdout, default=str)
