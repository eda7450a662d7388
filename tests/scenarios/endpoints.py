"""The endpoints that scenarios are tested with: the right one is the sample application, each wrong one has one flaw.

Every flaw is one that integrators of Copper's webhooks really have had or are likely to have.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import IntegrityError
from threading import Thread
from types import ModuleType
from typing import Any, TypeAlias

from flask import Flask, Response, request
from werkzeug.serving import make_server

ROOT = Path(__file__).parent.parent.parent
SECRET = "s3cret"
ORIGIN = "https://billing.example.com"
TARGET = f"{ORIGIN}/hooks/copper"

Notification: TypeAlias = dict[str, Any]


def sample() -> ModuleType:
    """The sample application's module, which is not part of a package."""
    spec = importlib.util.spec_from_file_location("billing_sample", ROOT / "examples" / "billing" / "billing.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("examples/billing/billing.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on a real socket; yield the URL of its hook."""
    server = make_server("127.0.0.1", 0, app)
    # The interval in seconds at which it checks whether to end.
    thread = Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/hooks/copper"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def right() -> Iterator[Flask]:
    """The sample application."""
    app: Flask = sample().create_app(SECRET)
    try:
        yield app
    finally:
        app.extensions["people"].close()


def _app(handle: Callable[[Notification], int], *, checks_secret: bool = True) -> Flask:
    """An endpoint at the usual path; `handle` returns the status, and its exceptions become Flask's 500."""
    app = Flask("flawed")

    @app.post("/hooks/copper")
    def hook() -> Response:
        notification = request.get_json()
        if checks_secret and notification.get("key") != SECRET:
            return Response(status=401)
        return Response(status=handle(notification))

    return app


def takes_it_for_the_record() -> Flask:
    """Copies the name from the changed attributes, although `updated_attributes` is `{}` for a new person."""
    names: dict[int, str] = {}

    def handle(notification: Notification) -> int:
        names[notification["ids"][0]] = notification["updated_attributes"]["name"][1]
        return 200

    return _app(handle)


def wants_one_id() -> Flask:
    """Unpacks the list of ids as if it always had one."""

    def handle(notification: Notification) -> int:
        (only,) = notification["ids"]
        return 200 if only else 400

    return _app(handle)


def slows_down_callers() -> Flask:
    """Answers 429 to more than 500 calls within the period of its own limiter."""
    calls = 0

    def handle(_: Notification) -> int:
        nonlocal calls
        calls += 1
        return 429 if calls > 500 else 200

    return _app(handle)


def fills_its_queue() -> Flask:
    """Passes everything to workers that come by once in a while, and answers 503 when 1,000 jobs are waiting."""
    jobs: list[Notification] = []

    def handle(notification: Notification) -> int:
        if len(jobs) == 1000:
            return 503
        jobs.append(notification)
        return 202

    return _app(handle)


def wants_order() -> Flask:
    """Insists that time moves forward."""
    seen = [""]

    def handle(notification: Notification) -> int:
        if notification["timestamp"] < seen[-1]:
            raise ValueError("older than the last one")
        seen.append(notification["timestamp"])
        return 200

    return _app(handle)


def deletes_only_what_it_knows() -> Flask:
    """Missed a person's creation, and fails on the deletion."""
    people: dict[int, str] = {}

    def handle(notification: Notification) -> int:
        for person in notification["ids"]:
            if notification["event"] == "new":
                people[person] = "to fetch"
            if notification["event"] == "delete":
                del people[person]
        return 200

    return _app(handle)


def updates_only_what_it_knows() -> Flask:
    """Fails on an update of a person whose creation it never heard of."""
    people: set[int] = set()

    def handle(notification: Notification) -> int:
        if notification["event"] == "new":
            people.update(notification["ids"])
        elif not people.issuperset(notification["ids"]):
            raise LookupError("no such person")
        return 200

    return _app(handle)


def does_not_look_at_the_secret() -> Flask:
    return _app(lambda _: 200, checks_secret=False)


def knows_one_subscription() -> Flask:
    """Assumes that the first subscription it was notified by is the only one."""
    known: list[int] = []

    def handle(notification: Notification) -> int:
        known.append(notification["subscription_id"])
        if known[0] != notification["subscription_id"]:
            raise LookupError("unknown subscription")
        return 200

    return _app(handle)


def bills_whoever_it_knows() -> Flask:
    """Has an invoice for everyone, and a database that refuses to delete people with invoices."""
    invoices: list[int] = []

    def handle(notification: Notification) -> int:
        if notification["event"] == "new":
            invoices.extend(notification["ids"])
        if notification["event"] == "delete" and not set(notification["ids"]).isdisjoint(invoices):
            raise IntegrityError("an invoice refers to this person")
        return 200

    return _app(handle)


def looks_where_a_lead_went() -> Flask:
    """Takes the deletion of a lead for a conversion, and expects the notification to say into what."""
    customers: dict[int, int] = {}

    def handle(notification: Notification) -> int:
        if notification["type"] == "lead":
            customers[notification["ids"][0]] = notification["updated_attributes"]["converted_contact_id"][1]
        return 200

    return _app(handle)


def takes_work_from_its_old_owner() -> Flask:
    """Counts what each owner has, and assumes that there always is one."""
    work = {1: 40, 2: 0}

    def handle(notification: Notification) -> int:
        old, new = notification["updated_attributes"]["assignee_id"]
        work[old] -= len(notification["ids"])
        work[new] += len(notification["ids"])
        return 200

    return _app(handle)


def reads_one_change() -> Flask:
    """Assumes that an update changes one field."""
    history: list[tuple[str, Any, Any]] = []

    def handle(notification: Notification) -> int:
        ((field, (old, new)),) = notification["updated_attributes"].items()
        history.append((field, old, new))
        return 200

    return _app(handle)
