"""mirror's own tests: what notifications bring, what they miss, and that one run of `reconcile` repairs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from mirror import Copper as Client
from mirror import People, create_app, reconcile

from copper_emulator import Copper, Received

TARGET = "https://mirror.example.com/hooks/copper"


@pytest.fixture
def people() -> Iterator[People]:
    copy = People(":memory:")
    yield copy
    copy.close()


@pytest.fixture
def client(copper: Copper) -> Iterator[Client]:
    client = Client(copper.api_url, copper.headers)
    yield client
    client.close()


@pytest.fixture
def mirror(copper: Copper, people: People, client: Client) -> None:
    """mirror runs, and is subscribed to everything that happens to people."""
    copper.route("https://mirror.example.com", to=create_app(people, client, "s3cret").wsgi_app)
    for event in ("new", "update", "delete"):
        copper.subscribe("person", event, target=TARGET, secret={"key": "s3cret"})


@pytest.fixture
def outage(copper: Copper, people: People, client: Client) -> Callable[[str], None]:
    """`outage("begins")` takes mirror down: whatever is sent is answered 503 and never comes again."""

    def down(_: Received) -> int:
        return 503

    def state(said: str) -> None:
        up = create_app(people, client, "s3cret").wsgi_app
        copper.route("https://mirror.example.com", to=down if said == "begins" else up)

    return state


def copy_of(copper: Copper) -> dict[int, tuple[str, str | None, list[str]]]:
    """What a right copy of Copper's people would be."""
    return {
        person.id: (person.name, person.emails[0]["email"] if person.emails else None, person.tags)
        for person in sorted(copper.people.search(), key=lambda person: person.id)
    }


@pytest.mark.usefixtures("mirror")
def test_notifications_keep_the_copy_right(copper: Copper, people: People) -> None:
    ada = copper.people.create(name="Ada", emails=[{"email": "ada@example.com", "category": "work"}])
    bob = copper.people.create(name="Bob")
    copper.people.update(ada.id, name="Ada Lovelace", tags=["vip"])
    copper.people.delete(bob.id)

    assert people.all() == {ada.id: ("Ada Lovelace", "ada@example.com", ["vip"])}


@pytest.mark.usefixtures("mirror")
def test_a_bulk_change_is_fetched_whole(copper: Copper, people: People) -> None:
    imported = copper.people.create_many([{"name": f"Person {n}"} for n in range(61)])

    copper.people.update_many([person.id for person in imported], tags=["imported"])

    assert people.all() == copy_of(copper)


@pytest.mark.copper(allow={503})
@pytest.mark.usefixtures("mirror")
def test_one_run_repairs_what_an_outage_has_lost(
    copper: Copper, people: People, client: Client, outage: Callable[[str], None]
) -> None:
    """Created, changed, merged and deleted while mirror was down, more than a page of them."""
    ada, bob, eve = copper.people.create_many([{"name": "Ada"}, {"name": "Bob"}, {"name": "Eve"}])
    outage("begins")
    copper.people.create_many([{"name": f"Person {n}"} for n in range(450)])
    copper.advance(hours=1)
    copper.people.update(ada.id, name="Ada Lovelace")
    copper.people.merge(winner=ada.id, loser=bob.id)
    copper.people.delete(eve.id)
    outage("ends")
    assert len(people.all()) == 3

    reconcile(people, client)

    assert len(people.all()) == 451
    assert people.all() == copy_of(copper)


@pytest.mark.copper(allow={503})
@pytest.mark.usefixtures("mirror")
def test_later_runs_ask_only_for_what_is_new(
    copper: Copper, people: People, client: Client, outage: Callable[[str], None]
) -> None:
    copper.people.create(name="Ada")
    reconcile(people, client)
    copper.advance(hours=1)
    outage("begins")
    bob = copper.people.create(name="Bob")
    outage("ends")

    asked = [person["id"] for person in client.search(minimum_modified_date=people.seen_until() + 1)]
    reconcile(people, client)

    assert asked == [bob.id]
    assert people.all() == copy_of(copper)


class Meddling(Client):
    """The client, while somebody in Copper changes a person after each page that is read."""

    copper: Copper
    changed: list[int]

    def _page(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        found = super()._page(body)
        if "minimum_modified_date" in body and self.changed:
            self.copper.advance(seconds=1)
            self.copper.people.update(self.changed.pop(), title="changed meanwhile")
        return found


@pytest.mark.usefixtures("mirror")
@pytest.mark.copper(allow={503})
def test_a_change_between_two_pages_hides_nobody(copper: Copper, people: People, outage: Callable[[str], None]) -> None:
    """Three pages, and after each a person of the first is modified and moves to the end."""
    outage("begins")
    there = []
    for size in (250, 50, 50, 50, 50):
        there += copper.people.create_many([{"name": f"Person {n}"} for n in range(size)])
        copper.advance(hours=1)
    meddling = Meddling(copper.api_url, copper.headers)
    meddling.copper, meddling.changed = copper, [person.id for person in there[:2]]

    reconcile(people, meddling)

    meddling.close()
    assert people.all() == copy_of(copper)
    assert len(people.all()) == 450


@pytest.mark.copper(search_lag="30s", allow={503})
@pytest.mark.usefixtures("mirror")
def test_a_record_that_searches_see_late_is_found_by_the_next_run(
    copper: Copper, people: People, client: Client, outage: Callable[[str], None]
) -> None:
    """Bob is modified before the newest record that the first run saw, and became visible only after it."""
    ada = copper.people.create(name="Ada")
    copper.advance(minutes=1)
    outage("begins")
    copper.people.create(name="Bob")
    copper.advance(seconds=10)
    copper.people.update(ada.id, name="Ada Lovelace")
    outage("ends")
    reconcile(people, client)
    assert [name for name, _, _ in people.all().values()] == ["Ada Lovelace"]

    copper.advance(minutes=1)
    reconcile(people, client)

    assert people.all() == copy_of(copper)


@pytest.mark.copper(search_lag="30s")
@pytest.mark.usefixtures("mirror")
def test_nobody_is_forgotten_because_a_search_is_late(copper: Copper, people: People, client: Client) -> None:
    ada = copper.people.create(name="Ada")

    reconcile(people, client)

    assert list(people.all()) == [ada.id]


@pytest.mark.copper(fetch_race="deleted")
@pytest.mark.usefixtures("mirror")
def test_a_person_deleted_before_it_is_fetched_is_gone(copper: Copper, people: People) -> None:
    copper.people.create(name="Ada")

    copper.expect("person", "new", count=1)
    copper.expect("person", "delete", count=1)
    assert people.all() == {}
