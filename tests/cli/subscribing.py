"""A service that subscribes when it starts; `check URL -- COMMAND` ends it and starts it again.

python subscribing.py PORT HOW FOLDER

HOW it subscribes: `anew` at every start; `lists` first, and creates what is missing; `twice` at each start, as two
workers do, but lists first; `replaces` what it has listed; `leaves` its subscriptions when it is told to end; `later`
as `anew`, but in a thread, after it has begun to listen; `nothing` not at all; `stuck` as `lists`, but does not start
again where it was ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PORT, HOW, FOLDER = int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
API = os.environ["COPPER_EMULATOR_API_URL"]
HEADERS = {"X-PW-AccessToken": "x", "X-PW-Application": "developer_api", "X-PW-UserEmail": "s@example.com"}
TARGET = "https://billing.example.com/hook"
TOPICS = [("person", "new"), ("person", "update"), ("lead", "new")]


def call(method: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {**HEADERS, "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(API + path, data, headers, method=method)) as answer:
        return json.load(answer)


def own() -> list[Any]:
    return [each for each in call("GET", "/webhooks") if each["target"] == TARGET]


def subscribe() -> None:
    there = [] if HOW in ("anew", "later", "leaves") else own()
    for each in there if HOW == "replaces" else []:
        call("DELETE", f"/webhooks/{each['id']}")
    known = [] if HOW == "replaces" else [(each["type"], each["event"]) for each in there]
    for kind, event in TOPICS:
        if (kind, event) not in known:
            for _ in range(2 if HOW == "twice" else 1):
                call("POST", "/webhooks", {"target": TARGET, "type": kind, "event": event})


def leave(*_: object) -> None:
    for each in own():
        call("DELETE", f"/webhooks/{each['id']}")
    os._exit(0)


class Service(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def start() -> None:
    if HOW == "stuck":
        (FOLDER / "pid").open("x").close()
    if HOW == "leaves":
        signal.signal(signal.SIGTERM, leave)
    if HOW not in ("later", "nothing"):
        subscribe()
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Service)
    if HOW == "later":
        threading.Timer(0.2, subscribe).start()
    server.serve_forever()


if __name__ == "__main__":
    start()
