"""A service that works after its answer and keeps a copy of people; `check URL -- COMMAND` kills and starts it.

python killed.py PORT FOLDER HOW

HOW it deals with a notification: `durable` stores it before it answers, and goes on with what is stored when it starts;
`hasty` answers, and keeps the work in its memory; `forgetful` keeps everything in its memory; `stuck` does not start
where it was killed; `other` is a child process that nobody kills.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PORT, FOLDER, HOW = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
JOBS, LOCK = FOLDER / "jobs", threading.Lock()
MEMORY: dict[str, Any] = {}


def people() -> dict[str, Any]:
    kept = FOLDER / "people.json"
    found: dict[str, Any] = MEMORY if HOW == "forgetful" or not kept.exists() else json.loads(kept.read_bytes())
    return found


def store(known: dict[str, Any]) -> None:
    MEMORY.update(known)
    if HOW != "forgetful":
        (FOLDER / "new.json").write_text(json.dumps(known))
        (FOLDER / "new.json").replace(FOLDER / "people.json")


def work(body: dict[str, Any]) -> None:
    for each in body["ids"]:
        headers = {"X-PW-AccessToken": "x", "X-PW-Application": "developer_api", "X-PW-UserEmail": "s@example.com"}
        call = urllib.request.Request(f"{os.environ['COPPER_EMULATOR_API_URL']}/people/{each}", headers=headers)
        with urllib.request.urlopen(call) as answer:
            person = json.load(answer)
        with LOCK:
            store({**people(), str(each): person})


def work_and_forget(job: Path) -> None:
    work(json.loads(job.read_bytes()))
    job.unlink()


class Service(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        with LOCK:
            self.answer(200, json.dumps({"person": people()}).encode())

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        job = JOBS / f"{body['ids'][0]}.json"
        if HOW == "durable":
            job.write_text(json.dumps(body))
        self.answer(200, b"")
        if HOW == "durable":
            work_and_forget(job)
        else:
            work(body)

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Log nothing, because it would go to the check's stderr."""


if __name__ == "__main__":
    JOBS.mkdir(exist_ok=True)
    if HOW == "stuck":
        (FOLDER / "pid").open("x").close()
    if HOW == "other" and len(sys.argv) == 4:
        # Without the pipes of whoever reads what the check prints, and so waits for their end.
        child = subprocess.Popen(
            [sys.executable, *sys.argv, "child"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        (FOLDER / "child").write_text(str(child.pid))
        threading.Event().wait()
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Service)
    for left in list(JOBS.iterdir()):
        threading.Thread(target=work_and_forget, args=(left,)).start()
    server.serve_forever()
