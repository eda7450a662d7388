"""tap-copper's own discovery and sync, with another base URL if one is given. The acts are the names of streams.

Its output to stdout and stderr and its exit code are the tap's own.
"""

import json
import sys
from typing import Any

from singer import metadata
from singer.catalog import Catalog
from tap_copper.client import Client
from tap_copper.discover import discover
from tap_copper.sync import sync


def catalog(config: dict[str, Any], names: list[str]) -> Catalog:
    """Every stream of the tap, with the named ones selected."""
    found = discover(config=config)
    for stream in found.streams:
        marks = metadata.to_map(stream.metadata)
        for mark in marks.values():
            mark["selected"] = stream.tap_stream_id in names
        stream.metadata = metadata.to_list(marks)
    return found


given = json.load(sys.stdin)
config = {
    "api_key": given["token"],
    "user_email": given["email"],
    "start_date": "2010-01-01T00:00:00Z",
    "page_size": given["page_size"],
}
if "url" in given:
    config["base_url"] = given["url"]  # read by the discovery alone
with Client(config) as client:
    if "url" in given:
        client.base_url = given["url"]
    sync(client=client, config=config, catalog=catalog(config, given["acts"]), state=given["state"])
