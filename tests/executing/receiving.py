"""A small integration made of other programs, for a test to run with `exec`: receives what they subscribe to.

On stdin: {"port": ..., "subscribe": program, "change": program, "fetch": program}. A program is {"command": words,
"stdin": text, "folder": where}, and `{id}` in the last one's words and text is replaced by the id in the notification.
Prints the output of the first and the last one, and the notification.
"""

import json
import queue
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

PATIENCE = 60
arrived: queue.Queue[dict[str, Any]] = queue.Queue()


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        arrived.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def said_by(program: dict[str, Any], id: str = "") -> str:
    words = [word.replace("{id}", id) for word in program["command"]]
    text = program.get("stdin", "").replace("{id}", id)
    done = subprocess.run(
        words, input=text, capture_output=True, text=True, cwd=program.get("folder"), timeout=PATIENCE
    )
    if done.returncode:
        sys.exit(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    said: str = done.stdout
    return said


told = json.load(sys.stdin)
server = HTTPServer(("127.0.0.1", told["port"]), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
subscribed = said_by(told["subscribe"])
said_by(told["change"])
notified = arrived.get(timeout=PATIENCE)
fetched = said_by(told["fetch"], str(notified["ids"][0]))
server.shutdown()
server.server_close()
json.dump({"subscribed": json.loads(subscribed), "notified": notified, "fetched": json.loads(fetched)}, sys.stdout)
