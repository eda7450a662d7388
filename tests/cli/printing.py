"""A service that prints for each request; `check URL -- COMMAND` keeps that back.

python printing.py PORT [never]

It answers every `delete` with 500, and prints why. With `never` it prints, and does not begin to listen.
"""

from __future__ import annotations

import json
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Service(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = 200
        print("told of", body["event"])  # noqa: T201 - what this is about
        if body["event"] == "delete":
            try:
                {}[body["key"]]
            except KeyError:
                traceback.print_exc()
                status = 500
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    print("\x1b[32mhere I am\x1b[0m")  # noqa: T201
    if "never" in sys.argv:
        sys.exit(3)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
