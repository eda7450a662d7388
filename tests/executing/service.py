"""A service with Copper's host hard-coded: listens, subscribes to the given topics, and prints its notifications.

python service.py PORT [TOPIC ...] [--status STATUS] [--listens-later]
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

API = "https://api.copper.com/developer_api/v1"
HEADERS = {
    "Content-Type": "application/json",
    "X-PW-AccessToken": "the-services-own",
    "X-PW-Application": "developer_api",
    "X-PW-UserEmail": "service@example.com",
}


class Hook(BaseHTTPRequestHandler):
    status = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sys.stdout.write(body.decode() + "\n")
        sys.stdout.flush()
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("topics", nargs="*")
    parser.add_argument("--status", type=int, default=200)
    parser.add_argument("--listens-later", action="store_true")
    told = parser.parse_args()
    Hook.status = told.status
    server = HTTPServer(("127.0.0.1", told.port), Hook, bind_and_activate=False)
    if not told.listens_later:
        listen(server)
    for topic in told.topics:
        type, event = topic.split("/")
        wanted = {"target": "https://my-app.example/hooks", "type": type, "event": event, "secret": {"key": "s3cret"}}
        request = urllib.request.Request(f"{API}/webhooks", json.dumps(wanted).encode(), HEADERS)
        urllib.request.urlopen(request).close()
    if told.listens_later:
        threading.Event().wait(0.7)
        listen(server)
    server.serve_forever()


def listen(server: HTTPServer) -> None:
    server.server_bind()
    server.server_activate()


main()
