"""A service with Copper's own host hard-coded, which keeps a copy of people; `check URL -- COMMAND` starts it.

python hard_coded.py PORT [dies [EVENT | 404]]

With `dies` it exits at its first notification; with an event, after it has answered the first one for that event; with
`404`, at the first record that is gone.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API = "https://api.copper.com/developer_api/v1"
HEADERS = {
    "X-PW-AccessToken": "the-services-own",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "service@example.com",
}
PEOPLE: dict[int, Any] = {}


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(200, json.dumps({"person": PEOPLE}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if sys.argv[2:] == ["dies"]:
            os._exit(3)
        for record_id in body["ids"]:
            PEOPLE.pop(record_id, None)
            if body["event"] != "delete":
                try:
                    with urllib.request.urlopen(
                        urllib.request.Request(f"{API}/people/{record_id}", headers=HEADERS)
                    ) as it:
                        PEOPLE[record_id] = json.load(it)
                except urllib.error.HTTPError as error:
                    if error.code != 404:
                        raise
                    if sys.argv[2:] == ["dies", "404"]:
                        os._exit(3)
        self.answer(200, b"")
        if sys.argv[2:] == ["dies", body["event"]]:
            os._exit(3)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing, because it would go to the check's stderr."""


if __name__ == "__main__":
    print("listening", flush=True)  # noqa: T201 - goes to stderr, if the report is on stdout
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
