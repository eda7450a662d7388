"""The tests of sales: the `copper` fixture plays Copper, in each test's own transaction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from deals.models import Deal, Note
from django.core.management import CommandError, call_command
from sales.wsgi import application

from copper_emulator import Copper

TARGET = "https://sales.example.com/hooks/copper"

pytestmark = pytest.mark.django_db


def job(name: str) -> None:
    """Run `manage.py copper` with this job."""
    call_command("copper", name, verbosity=0)


@pytest.fixture(autouse=True)
def sales(copper: Copper, settings: Any) -> None:
    """sales is deployed: Copper can reach it, it is subscribed, and `copper work` runs after each notification."""
    settings.COPPER_API_URL, settings.COPPER_TOKEN, settings.COPPER_EMAIL = copper.api_url, copper.token, copper.email
    settings.COPPER_SECRET = "s3cret"
    copper.route("https://sales.example.com", to=application)
    job("subscribe")
    copper.after_delivery(lambda delivery: job("work"))


def deals() -> dict[int, tuple[str, Decimal | None, str]]:
    """The deals that sales knows."""
    return {deal.pk: (deal.name, deal.value, deal.status) for deal in Deal.objects.order_by("pk")}


def truth(copper: Copper) -> dict[int, tuple[str, Decimal | None, str]]:
    """The opportunities in Copper."""
    found = sorted(copper.opportunities.search(), key=lambda each: each.id)
    return {each.id: (each.name, each.monetary_value, each.status) for each in found}


def make(copper: Copper, count: int) -> list[Any]:
    return copper.opportunities.create_many(
        {"name": f"Deal {n}", "primary_contact_id": contact(copper)} for n in range(count)
    )


def contact(copper: Copper) -> int:
    """A contact, which Copper requires for each opportunity."""
    found = copper.people.search()
    return found[0].id if found else copper.people.create(name="Ada").id


def test_it_is_subscribed_once(copper: Copper) -> None:
    job("subscribe")

    subscribed = [(each.type, each.event, each.target) for each in copper.subscriptions]
    assert subscribed == [("opportunity", event, TARGET) for event in ("new", "update", "delete")]


def test_a_deal_is_known_and_followed_until_it_is_deleted(copper: Copper) -> None:
    engine = copper.opportunities.create(name="Engine", monetary_value=1200, primary_contact_id=contact(copper))
    assert deals() == {engine.id: ("Engine", Decimal(1200), "Open")}

    copper.opportunities.update(engine.id, status="Won", monetary_value=1350.5)
    assert deals() == {engine.id: ("Engine", Decimal("1350.50"), "Won")}

    copper.opportunities.delete(engine.id)
    assert deals() == {}


def test_a_burst_of_thirty_is_one_notification(copper: Copper) -> None:
    made = make(copper, 30)

    copper.expect("opportunity", "new", ids=made, status=204, count=1)
    assert len(deals()) == 30
    assert not Note.objects.exists()


@pytest.mark.copper(latency="0-15m", faults="shuffle", seed=7)
def test_late_and_out_of_order_comes_to_the_same(copper: Copper) -> None:
    first, second = make(copper, 2)
    for value in (100, 200, 300):
        copper.opportunities.update(first.id, monetary_value=value)
    copper.opportunities.delete(second.id)

    copper.run_until_idle()

    assert copper.deliveries[0].event != "new", "with this seed something else comes first"
    assert deals() == truth(copper)


@pytest.mark.copper(fetch_race="deleted")
def test_a_deal_that_is_gone_before_it_is_fetched_is_not_kept(copper: Copper) -> None:
    make(copper, 1)

    copper.expect("opportunity", "new", count=1)
    assert deals() == {}


def test_what_notifications_have_missed_is_found_by_reconciling(copper: Copper) -> None:
    kept, changed, deleted = make(copper, 3)
    with copper.faults.outage("1h"):
        copper.opportunities.update(changed.id, name="Bigger Engine")
        copper.opportunities.delete(deleted.id)
        make(copper, 210)
    assert set(deals()) == {kept.id, changed.id, deleted.id}

    job("reconcile")

    assert len(deals()) == 212
    assert deals() == truth(copper)


@pytest.mark.copper(search_lag="30s")
def test_a_deal_that_the_search_does_not_have_yet_is_not_thrown_away(copper: Copper) -> None:
    [deal] = make(copper, 1)

    job("reconcile")

    assert list(deals()) == [deal.id]


def test_a_forged_notification_changes_nothing(copper: Copper) -> None:
    forged = {"type": "opportunity", "event": "delete", "ids": [17], "key": "guessed"}

    copper.replay(forged, target=TARGET)

    copper.expect("opportunity", "delete", ids=17, status=401)
    assert not Note.objects.exists()


@pytest.mark.copper(api_limits="10/1m")
def test_what_copper_is_too_busy_for_is_done_by_the_next_runs(copper: Copper, settings: Any) -> None:
    copper.advance(minutes=1)
    Note.take(each.id for each in copper.opportunities.seed({"name": f"Deal {n}"} for n in range(25)))

    with pytest.raises(CommandError, match="takes no more calls"):
        job("work")
    assert len(deals()) == 10
    copper.advance(minutes=1)
    with pytest.raises(CommandError, match="takes no more calls"):
        job("work")
    copper.advance(minutes=1)
    job("work")

    assert deals() == truth(copper)
