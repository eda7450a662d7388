"""The same test, with the fixture's account and with one on a running server: each method does the same."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import Copper, Emulator, ExpectationError, ScenarioFailed
from copper_emulator.copper import stepwise
from copper_emulator.core.errors import (
    CopperEmulatorError,
    Invalid,
    NotEnabled,
    NotFound,
    NotIdle,
    TimeError,
    UsageError,
)
from copper_emulator.core.model import Delivery
from copper_emulator.remote import made
from copper_emulator.settings import Settings
from tests.cli.processes import Process, started

TARGET = "https://app.example/hooks/copper"

Open = Callable[..., Copper]


@pytest.fixture(scope="session")
def server() -> Iterator[Process]:
    with started("serve", "--port", "0") as process:
        yield process


@pytest.fixture(params=["here", "there"])
def opened(request: pytest.FixtureRequest, server: Process) -> Iterator[Open]:
    """Opens an account with settings: one in this process, or one on a running server."""
    ends: list[Callable[[], object]] = []

    def here(**settings: Any) -> Copper:
        emulator = Emulator(**{"strict": False, **settings})
        ends.append(lambda: emulator.__exit__(None, None, None))
        return emulator.__enter__()

    def there(**settings: Any) -> Copper:
        number = len(ends) + 1
        copper = made(server.url, f"{_name(request)}-{number}", Settings.of({"strict": False, **settings}))
        ends.append(copper.close)
        return copper

    yield here if request.param == "here" else there
    for end in ends:
        end()


def _name(request: pytest.FixtureRequest) -> str:
    return "".join(c if c.isalnum() else "-" for c in request.node.name)[:60].rstrip("-")


@pytest.fixture
def copper(opened: Open) -> Copper:
    return opened()


@pytest.fixture
def arrived(copper: Copper) -> list[Any]:
    """The bodies that arrived at an endpoint, which answers 200."""
    return answering(copper)


def answering(copper: Copper, answer: object = 200) -> list[Any]:
    bodies: list[Any] = []

    def hook(request: Any) -> object:
        bodies.append(request.json)
        return answer

    copper.route("https://app.example", to=hook)
    return bodies


# --- who and where ------------------------------------------------------------------------------------------------


def test_the_api_answers_to_its_key(copper: Copper) -> None:
    request = urllib.request.Request(f"{copper.api_url}/webhooks", headers=copper.headers)
    with urllib.request.urlopen(request) as response:
        assert json.load(response) == []
    assert copper.headers["X-PW-AccessToken"] == copper.token
    assert copper.oauth_headers == {"Authorization": f"Bearer {copper.token}"}
    assert copper.email == "you@example.com"


def test_after_a_switch_the_old_key_is_refused_and_its_subscription_fires(copper: Copper, arrived: list[Any]) -> None:
    copper.subscribe("person", "new", target=TARGET)
    old = copper.headers
    copper.switch_key()

    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        urllib.request.urlopen(urllib.request.Request(f"{copper.api_url}/webhooks", headers=old))
    refused.value.close()
    copper.people.create(name="Ada")
    assert (copper.subscriptions, len(arrived)) == ([], 1)


def test_settings_are_those_it_was_opened_with(opened: Open) -> None:
    assert opened(latency="30s").settings.latency.low_ms == 30_000


def test_a_hook_that_raises_keeps_no_delivery_from_being_told_of(opened: Open) -> None:
    copper = opened(in_flight=2)
    told: list[int] = []

    def hook(delivery: Delivery) -> None:
        told.append(delivery.notification.serial)
        if len(told) == 1:
            raise LookupError("the first time")

    answering(copper)
    for name in ("first", "second"):
        copper.subscribe("person", "new", target=f"{TARGET}/{name}")
    copper.after_delivery(hook)
    with pytest.raises(LookupError):
        copper.people.create(name="Ada")
    copper.people.create(name="Grace")

    assert told == [1, 2, 3, 4]


# --- subscriptions and routes ---------------------------------------------------------------------------------------


def test_a_subscription_is_what_was_asked_for(copper: Copper) -> None:
    subscription = copper.subscribe("lead", "update", target=TARGET, secret={"key": "s3cret"}, headers={"X-A": "b"})

    assert (subscription.id, str(subscription.topic), subscription.target) == (560698, "lead/update", TARGET)
    assert (subscription.secret, subscription.headers) == ({"key": "s3cret"}, {"X-A": "b"})
    assert copper.subscriptions == [subscription]
    copper.unsubscribe(subscription)
    assert copper.subscriptions == []


def test_what_the_api_would_refuse_is_refused(copper: Copper) -> None:
    with pytest.raises(Invalid, match="Invalid URI For External Request"):
        copper.subscribe("person", "update", target="http://app.example")
    with pytest.raises(NotFound):
        copper.unsubscribe(17)
    with pytest.raises(UsageError, match="no destination"):
        copper.route("https://app.example", to=17)


# --- records --------------------------------------------------------------------------------------------------------


def test_records_are_created_changed_found_and_removed(copper: Copper, arrived: list[Any]) -> None:
    for event in ("new", "update", "delete"):
        copper.subscribe("person", event, target=TARGET)

    ada = copper.people.create(name="Ada", tags=["vip"])
    changed = copper.people.update(ada, title="Dr")
    others = copper.people.create_many([{"name": "Grace"}, {"name": "Katherine"}])
    copper.people.update_many(others, title="Dr")

    assert (ada.name, ada.tags, changed.title) == ("Ada", ["vip"], "Dr")
    assert copper.people.get(ada.id).title == "Dr"
    assert [each.name for each in copper.people.search(name="Grace")] == ["Grace"]
    copper.people.delete(ada)
    copper.people.delete_many(others)
    assert copper.people.search() == []
    assert [(body["event"], len(body["ids"])) for body in arrived] == [
        ("new", 1),
        ("update", 1),
        ("new", 2),
        ("update", 2),
        ("delete", 1),
        ("delete", 2),
    ]


def test_seeded_records_are_there_and_nobody_is_told(copper: Copper, arrived: list[Any], tmp_path: Path) -> None:
    copper.subscribe("company", "new", target=TARGET)
    file = tmp_path / "companies.csv"
    file.write_text("name,id\nAcme,17\n")

    assert [each.name for each in copper.companies.seed([{"name": "Engines"}])] == ["Engines"]
    assert copper.companies.seed(file)[0].id == 17
    assert copper.companies.get(17).name == "Acme"
    assert arrived == []


def test_two_people_become_one_and_a_lead_becomes_three(copper: Copper) -> None:
    ada = copper.people.create(name="Ada")
    twin = copper.people.create(name="Ada L.", title="Dr")
    winner = copper.people.merge(ada, twin)
    lead = copper.leads.create(name="Lead", company_name="Acme")
    became = copper.leads.convert(lead, opportunity={"name": "Order"})

    assert (winner.id, winner.title) == (ada.id, "Dr")
    assert became.company is not None
    assert became.opportunity is not None
    assert (became.person.name, became.company.name, became.opportunity.name) == ("Lead", "Acme", "Order")
    with pytest.raises(NotFound):
        copper.leads.get(lead.id)


def test_what_cannot_be_written_is_refused_in_the_same_words(copper: Copper) -> None:
    with pytest.raises(Invalid, match="Name: can't be blank"):
        copper.people.create(name="")
    with pytest.raises(NotFound):
        copper.people.update(17, name="Ada")
    with pytest.raises(UsageError, match="written by Copper alone"):
        copper.people.create_many([{"name": "Ada", "interaction_count": 5}])
    assert copper.changes == []


def test_lookup_tables_are_read_and_changed(copper: Copper) -> None:
    added = copper.lookups.loss_reasons.add(name="Moved away")
    copper.lookups.loss_reasons.update(added, name="Moved")

    assert copper.lookups.loss_reasons.named("Moved").id == added.id
    copper.lookups.loss_reasons.remove(added)
    assert added.id not in [each.id for each in copper.lookups.loss_reasons]
    level = copper.lookups.custom_field_definitions.add(name="Level", data_type="String", available_on=["person"])
    ada = copper.people.create(name="Ada", custom_fields=[{"custom_field_definition_id": level.id, "value": "Gold"}])
    assert copper.people.get(ada).custom_fields == [{"custom_field_definition_id": level.id, "value": "Gold"}]


def test_leads_can_be_switched_off(copper: Copper) -> None:
    copper.lookups.account.update(name="Engines", settings={"setting_enable_leads": False})

    assert copper.lookups.account.name == "Engines"
    with pytest.raises(NotEnabled, match="403 Feature not enabled"):
        copper.leads.create(name="Ada")
    request = urllib.request.Request(f"{copper.api_url}/leads/17", headers=copper.headers)
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(request)
    refused.value.close()
    copper.lookups.account.update(settings={"setting_enable_leads": True})
    assert copper.leads.create(name="Ada").name == "Ada"


# --- events, replays and scenarios ----------------------------------------------------------------------------------


def test_a_bare_event_is_told_of_and_a_change_says_what_happened(copper: Copper, arrived: list[Any]) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)

    change = copper.fire("person", "update", ids=[17, 18], updated_attributes={"name": ("Ada", "Grace")})

    assert (change.ids, dict(change.updated_attributes)) == ((17, 18), {"name": ["Ada", "Grace"]})
    assert change.subscriptions == (subscription.id,)
    assert [body["updated_attributes"] for body in arrived] == [{"name": ["Ada", "Grace"]}]
    assert "#1 person/update [17, 18]" in str(copper.explain(change))
    with pytest.raises(UsageError):
        copper.fire("person", "renamed", ids=17)


def test_a_captured_body_is_delivered_again(copper: Copper, arrived: list[Any]) -> None:
    body = {"type": "person", "event": "update", "ids": [17], "key": "s3cret"}

    delivery = copper.replay(body, target=TARGET, headers={"X-Trace": "1"})

    assert (delivery.status, delivery.replayed, delivery.body) == (200, True, body)
    assert arrived == [body]
    with pytest.raises(UsageError, match="no captured notification"):
        copper.replay({"type": "person"}, target=TARGET)


SCENARIO = """
name: renamed
secret: {key: s3cret}
subscriptions:
  renamed: {topic: person/update, target: https://app.example/hooks/copper}
steps:
  - seed: {type: company, as: acme, fields: {name: Acme}}
  - create: {type: person, as: ada, fields: {name: Ada}}
  - relate: {records: ada, to: acme}
  - at: +10m
    update: {records: ada, fields: {name: Ada Lovelace}}
  - expect: {topic: person/update, records: ada, body: {key: s3cret}}
  - endpoint: down
  - update: {records: ada, fields: {name: Ada King}}
  - expect: {topic: person/update, records: ada, outcome: failed}
  - endpoint: up
  - expect_none: {}
"""


def test_a_scenario_is_played(copper: Copper, arrived: list[Any], tmp_path: Path) -> None:
    file = tmp_path / "renamed.yaml"
    file.write_text(SCENARIO)
    before = copper.now

    result = copper.play(file)

    assert (result.passed, result.total_steps, len(arrived)) == (True, 10, 1)
    assert copper.now - before >= timedelta(minutes=10)
    copper.reset()
    answering(copper)
    file.write_text(SCENARIO.replace("outcome: failed", "status: 200"))
    with pytest.raises(ScenarioFailed, match="step 8 of 10 failed"):
        copper.play(file)


def test_a_scenario_brings_its_settings_to_a_fresh_account(copper: Copper, arrived: list[Any], tmp_path: Path) -> None:
    file = tmp_path / "late.yaml"
    file.write_text(
        "name: late\nsettings: {latency: 30s}\nsubscriptions: {new: {topic: lead/new, "
        f"target: {TARGET}}}}}\nsteps:\n  - create: {{type: lead}}\n  - expect_none: {{}}\n"
        "  - at: +30s\n    expect: {topic: lead/new, count: 1}\n"
    )

    assert copper.play(file).passed
    assert copper.settings.latency.low_ms == 30_000


# --- time -----------------------------------------------------------------------------------------------------------


def test_time_passes_when_it_is_told_to(opened: Open) -> None:
    copper = opened(latency="30s")
    arrived = answering(copper)
    copper.subscribe("person", "new", target=TARGET)
    before = copper.now
    copper.people.create(name="Ada")

    assert (copper.settle(), arrived) == ([], [])
    assert copper.advance(seconds=29) == []
    assert [each.status for each in copper.advance("1s")] == [200]
    copper.people.create(name="Grace")
    assert [each.status for each in copper.run_until_idle()] == [200]
    assert copper.now - before == timedelta(seconds=60)
    copper.people.create(name="Katherine")
    with pytest.raises(NotIdle):
        copper.run_until_idle(limit="1s")
    with pytest.raises(TimeError):
        copper.advance(seconds=0)


def test_hooks_run_after_each_delivery_that_was_sent(copper: Copper, arrived: list[Any]) -> None:
    done: list[int] = []
    copper.after_delivery(lambda delivery: done.extend(delivery.ids))
    copper.subscribe("person", "update", target=TARGET)

    copper.fire("person", "update", ids=[17, 18])
    copper.fire("person", "update", ids=19)

    assert done == [17, 18, 19]


def test_a_hook_is_called_for_what_is_delivered_after_it_was_given_also_after_a_reset(copper: Copper) -> None:
    done: list[int] = []

    def begin() -> None:
        answering(copper)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=17)
        copper.after_delivery(lambda delivery: done.extend(delivery.ids))
        for number in (18, 19):
            copper.fire("person", "update", ids=number)

    begin()
    assert done == [18, 19]
    copper.reset()
    begin()
    assert done == [18, 19, 18, 19]


def test_what_an_application_made_due_is_waited_for(copper: Copper) -> None:
    """Longer than a server waits by itself for deliveries in flight."""
    answered = threading.Event()
    copper.route("https://app.example", to=lambda request: 200 if answered.wait(5) else 500)
    copper.subscribe("person", "new", target=TARGET)
    later = threading.Timer(0.8, answered.set)
    for name in ("Ada", "Grace"):
        create(copper, name)
    later.start()

    copper.expect("person", "new", count=2)
    later.join()


def create(copper: Copper, name: str) -> None:
    """Create a person as an application does: nothing has been delivered when it has its answer."""
    body = json.dumps({"name": name}).encode()
    request = urllib.request.Request(
        f"{copper.api_url}/people", body, {**copper.headers, "Content-Type": "application/json"}
    )
    urllib.request.urlopen(request).close()


def test_an_account_goes_when_what_is_still_on_its_way_has_come_back(server: Process) -> None:
    answered = threading.Event()
    copper = made(server.url, "goes-late", Settings.of({"strict": False}))
    copper.route("https://app.example", to=lambda request: 200 if answered.wait(5) else 500)
    copper.subscribe("person", "new", target=TARGET)
    create(copper, "Ada")
    later = threading.Timer(0.8, answered.set)
    later.start()

    copper.close()

    later.join()
    accounts = json.loads(urllib.request.urlopen(f"{server.url}/_emulator/v1/accounts").read())["accounts"]
    assert "goes-late" not in [each["name"] for each in accounts]


@pytest.mark.parametrize("act", ["expect", "close"])
def test_what_comes_back_one_after_the_other_is_waited_for_each(server: Process, act: str) -> None:
    copper = made(server.url, f"each-{act}", Settings.of({"timeout": "300ms", "strict": False}))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        copper.route("https://app.example", to=f"http://127.0.0.1:{silent.getsockname()[1]}")
        copper.subscribe("person", "new", target=TARGET)
        for number in range(8):
            create(copper, f"Ada {number}")

        if act == "expect":
            assert len(copper.expect("person", "new", outcome="failed", count=8)) == 8
        copper.close()

    accounts = json.loads(urllib.request.urlopen(f"{server.url}/_emulator/v1/accounts").read())["accounts"]
    assert f"each-{act}" not in [each["name"] for each in accounts]


def test_a_hook_is_called_once_whatever_it_gives_and_an_async_one_is_refused(
    copper: Copper, arrived: list[Any], tmp_path: Path
) -> None:
    opened: list[Any] = []

    def opens(delivery: Delivery) -> object:
        opened.append((tmp_path / "log").open("a"))
        return opened[-1]

    async def waits(delivery: Delivery) -> None:
        """Never awaited."""

    copper.after_delivery(opens)
    copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=[17])

    assert len(opened) == 1
    copper.after_delivery(waits)
    with pytest.raises(UsageError, match=r"takes a plain function, and .*waits.* is an async one"):
        copper.fire("person", "update", ids=[18])
    for file in opened:
        file.close()


# --- faults ---------------------------------------------------------------------------------------------------------


def test_faults_go_on_and_off(copper: Copper, arrived: list[Any]) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.faults.refuse(1)
    with copper.faults.lose(share=0.5) as fault:
        assert [str(each) for each in copper.faults.active] == ["refuse=1", "lose=50%"]
        assert str(fault) == "lose=50%"
    assert [str(each) for each in copper.faults.active] == ["refuse=1"]

    copper.fire("person", "update", ids=17)

    copper.expect("person", "update", outcome="failed")
    assert (copper.faults.active, arrived) == ([], [])
    copper.faults.on("outage=10m", "shuffle")
    assert [str(each) for each in copper.faults.off()] == ["outage=10m", "shuffle"]
    with pytest.raises(UsageError):
        copper.faults.on("lost")


# --- looking and judging --------------------------------------------------------------------------------------------


def test_expectations_claim_and_say_what_came_closest(copper: Copper, arrived: list[Any]) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=17)

    (found,) = copper.expect("person", "update", ids=17, target=TARGET, body={"subscription_id": subscription.id})
    assert (found.status, found.ids) == (200, (17,))
    copper.expect_none()
    with pytest.raises(ExpectationError, match="an earlier expect has claimed it already"):
        copper.expect("person", "update", ids=17)
    with pytest.raises(ExpectationError, match="no such change happened in this account"):
        copper.expect("lead", "new")
    copper.fire("person", "update", ids=18)
    with pytest.raises(ExpectationError, match=r"ids are \[18\], of which \[18\] is not expected"):
        copper.expect("person", "update", ids=19)
    with pytest.raises(ExpectationError, match="Expected no notification"):
        copper.expect_none("person")


def test_everything_that_happened_can_be_looked_at(copper: Copper, arrived: list[Any]) -> None:
    subscription = copper.subscribe("person", "update", target=TARGET)
    ada = copper.people.create(name="Ada")
    copper.people.update(ada, name="Grace")

    assert [str(change.topic) for change in copper.changes] == ["person/new", "person/update"]
    assert [str(each.state) for each in copper.notifications] == ["delivered"]
    assert [each.status for each in copper.deliveries] == [200]
    assert [str(entry.kind) for entry in copper.journal] == [
        "subscribed",
        "change",
        "change",
        "queued",
        "sending",
        "ended",
    ]
    assert "delivered #1 person/update" in copper.timeline
    for what in (ada, copper.changes[1], copper.deliveries[0], copper.notifications[0], subscription):
        assert "#1 person/update" in str(copper.explain(what))
    assert "nobody was notified" in str(copper.explain(type="person", id=ada.id))


def test_the_verdict_tells_what_went_wrong(opened: Open) -> None:
    copper = opened(strict=True)
    answering(copper, 500)
    copper.subscribe("person", "new", target=TARGET)
    assert copper.verdict() == ""
    copper.people.create(name="Ada")

    assert "rejected (500)" in copper.verdict()
    copper.expect("person", "new", status=500)
    assert copper.verdict() == ""


def test_a_reset_leaves_nothing_but_key_and_clock(copper: Copper, arrived: list[Any]) -> None:
    copper.subscribe("person", "new", target=TARGET)
    copper.people.create(name="Ada")
    copper.expect("person", "new")
    token = copper.token

    copper.reset()

    assert (copper.journal, copper.subscriptions, copper.people.search()) == ([], [], [])
    assert copper.token == token
    copper.subscribe("person", "new", target=TARGET)
    copper.people.create(name="Ada")
    assert "blocked" in copper.verdict() or copper.deliveries[0].outcome == "blocked"


def test_what_an_endpoint_does_while_it_is_notified_is_delivered_too(copper: Copper) -> None:
    def titles(request: Any) -> int:
        url = f"{copper.api_url}/people/{request.json['ids'][0]}"
        body = json.dumps({"title": "Dr"}).encode()
        headers = {**headers_of_copper, "Content-Type": "application/json"}
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PUT")):
            return 200

    headers_of_copper = copper.headers
    copper.route("https://app.example", to=titles)
    copper.subscribe("person", "new", target=TARGET)
    copper.subscribe("person", "update", target=f"{TARGET}/none")
    copper.route(f"{TARGET}/none", to=lambda request: 200)

    ada = copper.people.create(name="Ada")

    copper.expect("person", "update", ids=ada)
    assert copper.people.get(ada).title == "Dr"


def test_a_function_that_uses_the_account_while_it_is_notified_only_records(copper: Copper) -> None:
    seen: list[str] = []

    def titles(request: Any) -> int:
        if request.json["event"] == "new":
            copper.people.update(request.json["ids"][0], title="Dr")
        seen.append(request.json["event"])
        return 200

    copper.route("https://app.example", to=titles)
    copper.subscribe("person", "new", target=TARGET)
    copper.subscribe("person", "update", target=TARGET)

    ada = copper.people.create(name="Ada")

    copper.expect("person", "update", ids=ada, status=200)
    assert (seen, copper.people.get(ada).title) == (["new", "update"], "Dr")


def test_a_scenario_is_played_as_it_is_written(copper: Copper, arrived: list[Any]) -> None:
    scenario = stepwise(copper, secret={"key": "s3cret"})
    scenario.subscribe("made", {"topic": "person/new", "target": TARGET})
    scenario.play({"create": {"type": "person", "as": "ada", "count": 2}})
    scenario.play({"expect": {"topic": "person/new", "records": "ada", "body": {"key": "s3cret"}}})

    assert [len(body["ids"]) for body in arrived] == [2]


def test_names_that_are_not_there_are_errors_with_advice(copper: Copper) -> None:
    with pytest.raises(AttributeError, match="did you mean 'people'"):
        copper.person  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(CopperEmulatorError):
        copper.explain(17)
