"""mirror: a small application that keeps a copy of Copper's people in a database of its own.

Copper tells it by webhook which people changed. It notes their ids and answers; `flask work`, run by whatever runs
jobs, fetches each one and writes down name, email and tags. Copper tells once and never again, so that what is missed
while mirror is down is missed for good. Therefore `flask reconcile`, run every few minutes: it asks Copper's search for
everything modified since the last time, page by page, and looks after the people it knows, whether they are still
there.

What makes the two right together:

- both write whole records, fetched and not guessed, so that the order in which they run does not matter;
- the next run begins a little before the last one's newest record: searches see new records some seconds late, and two
  records may be modified in the same second;
- a run reads until it has read everything once without anything new: a person modified between two pages moves to the
  end, everybody behind moves one place forward, and the next page misses one of them;
- a person that cannot be fetched is gone, whatever the notification said;
- where Copper takes no more calls (429) a job ends; what it has not done is still noted, for its next run.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Sequence

import click
from copper_client import PAGE, Busy, Client
from flask import Blueprint, Flask, Response, current_app, jsonify, request
from people import People

OVERLAP = 60
"""Seconds that a run looks back behind the newest record of the last one."""

hooks = Blueprint("hooks", __name__)


@hooks.post("/hooks/copper")
def hook() -> Response:
    """Note whom Copper tells of, and answer at once: fetching thirty people takes longer than Copper waits."""
    notification = request.get_json(silent=True)
    if not isinstance(notification, dict):
        return Response("not a notification", status=400)
    secret: str = current_app.config["COPPER_SECRET"]
    if not hmac.compare_digest(str(notification.get("key", "")).encode(), secret.encode()):
        return Response("wrong secret", status=401)
    people: People = current_app.extensions["people"]
    people.note(notification["ids"])
    return Response(status=204)


@hooks.get("/people")
def show() -> Response:
    """The copy: name, email and tags by id."""
    people: People = current_app.extensions["people"]
    return jsonify(people.all())


def create_app(people: People, client: Client, *, target: str, secret: str) -> Flask:
    """The application, subscribed to what happens to people. Copper reaches it at `target` and says `secret`."""
    app = Flask("mirror")
    app.config["COPPER_SECRET"] = secret
    app.extensions["people"] = people
    app.register_blueprint(hooks)
    for job in (work, reconcile):
        app.cli.add_command(command(job, people, client))
    client.subscribe(target, secret)
    return app


def from_environment() -> Flask:
    """For `flask --app "mirror:from_environment()" run`, `work` and `reconcile`."""
    app = Flask("mirror")
    app.config.from_prefixed_env("MIRROR")
    config = app.config
    api_url = config.get("API_URL", "https://api.copper.com/developer_api/v1")
    client = Client(api_url, str(config["TOKEN"]), config["EMAIL"])
    people = People(config.get("DATABASE", "mirror.db"))
    return create_app(people, client, target=config["TARGET"], secret=str(config["SECRET"]))


def command(job: Callable[[People, Client], None], people: People, client: Client) -> click.Command:
    """A job as a command of `flask`, to be run every few minutes, one at a time."""

    def run() -> None:
        try:
            job(people, client)
        except Busy:
            raise click.ClickException(
                "Copper takes no more calls for now; the rest is left for the next run"
            ) from None

    return click.Command(job.__name__, callback=run, help=job.__doc__)


def work(people: People, client: Client) -> None:
    """Fetch whom notifications have told of."""
    for person_id, serial in people.noted():
        look_after(person_id, people, client)
        people.done(person_id, serial)


def look_after(person_id: int, people: People, client: Client) -> None:
    """Keep a person as Copper has it now, or forget it."""
    person = client.person(person_id)
    if person is None:
        people.forget(person_id)
    else:
        people.keep(person)


def reconcile(people: People, client: Client) -> None:
    """Repair what lost notifications have left wrong."""
    since = people.seen_until()
    seen: dict[int, int] = {}
    news = True
    while news:
        news = False
        for person in client.search(minimum_modified_date=max(since - OVERLAP, 0)):
            if seen.get(person["id"]) != person["date_modified"]:
                people.keep(person)
                seen[person["id"]] = person["date_modified"]
                news = True
    for page in pages(people.ids()):
        still_there = {person["id"] for person in client.search(ids=page)}
        for person_id in page:
            # Searches may be late in both directions: who is not found is asked for by id.
            if person_id not in still_there:
                look_after(person_id, people, client)
    people.saw(max(seen.values(), default=since))


def pages(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """As many ids as one search can look for."""
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
