"""A receiver: a Flask application on the server that `flask run` starts, with a thread for each connection."""

from __future__ import annotations

import logging

from counting import Counter
from flask import Flask, request
from werkzeug.serving import make_server

app = Flask(__name__)
counter = Counter()


@app.post("/hooks")
def hook() -> str:
    """Read the whole notification and acknowledge it."""
    request.get_data()
    counter.one()
    return ""


@app.post("/expect/<int:number>")
def expect(number: int) -> str:
    counter.await_next(number)
    return ""


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
