"""Which messages do people get for the usual mistakes, and does the advice in the last line help?

Each test makes one mistake, compares the whole message with the text here, does what its last line says, and then
passes. Only times, ports, paths and line numbers are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any

import pytest
import requests

from copper_emulator import (
    Copper,
    CopperEmulatorError,
    Emulator,
    Endpoint,
    ExpectationError,
    Received,
    VerdictError,
)
from tests.shell.endpoints import http_endpoint

ORIGIN = "https://billing.example.com"
TARGET = "https://billing.example.com/hooks/copper"


def emulator(**settings: Any) -> Emulator:
    return Emulator(start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), **settings)


def listening(copper: Copper, type: str, event: str, **extras: Any) -> Endpoint:
    """An endpoint that is right, and a subscription for it."""
    endpoint = Endpoint(TARGET)
    copper.route(ORIGIN, to=endpoint)
    copper.subscribe(type, event, target=TARGET, **extras)
    return endpoint


def message(act: Callable[[], object]) -> str:
    """The message that the mistake causes."""
    with pytest.raises((ExpectationError, CopperEmulatorError)) as caught:
        act()
    return plain(str(caught.value))


def plain(text: str) -> str:
    """The text without anything that differs from one machine to the next."""
    text = re.sub(r'File "[^"]+", line \d+', 'File "PATH", line N', text)
    return re.sub(r"127\.0\.0\.1:(?!5000)\d+", "127.0.0.1:PORT", text)


def written(text: str) -> str:
    """A message as written in this file, where a backslash continues a long line."""
    return re.sub(r"\\\n *", "", dedent(text).strip())


def test_01_the_secret_has_another_name_than_the_endpoint_looks_for() -> None:
    def guarded(request: Received) -> object:
        return 204 if request.json.get("secret") == "s3cret-value" else (401, "unauthorised")

    def story(copper: Copper, secret: dict[str, str]) -> None:
        copper.route(ORIGIN, to=guarded)
        copper.subscribe("person", "update", target=TARGET, secret=secret)
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, name="Grace")
        copper.expect("person", "update", ids=ada)

    with emulator(strict=False) as copper:
        assert message(lambda: story(copper, {"key": "s3cret-value"})) == written(r"""
            Expected person/update, ids=[94808711], delivered with any 2xx, but it was rejected (401).
            Closest:
              #1 person/update [94808711] for subscription 560698: rejected (401) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function guarded, body: unauthorised
                - it was rejected (401), expected a 2xx
            The body had the keys subscription_id, event, type, ids, updated_attributes, timestamp, and those \
                of the secret: 'key'.
            Fix the endpoint, or subscribe with the secret it expects: under a name other than 'key', or \
                with a different value; or, if this is intended, expect it with status=401.
        """)
    with emulator() as copper:
        story(copper, {"secret": "s3cret-value"})


def test_02_subscribed_to_new_and_not_to_update() -> None:
    with emulator() as copper:
        listening(copper, "person", "new")
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, name="Grace")

        assert message(lambda: copper.expect("person", "update", ids=ada)) == written(r"""
            Expected person/update, ids=[94808711], delivered with any 2xx, but nobody had subscribed to \
                person/update.
            Closest:
              #1 person/new [94808711] for subscription 560698: delivered (200) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function Endpoint
                - event is 'new', expected 'update'
            It happened, but nobody was notified:
              2026-03-02 09:00:00.000  person/update [94808711]
                - subscription 560698 is for person/new
            Subscribe before the change: copper.subscribe('person', 'update', \
                target='https://billing.example.com/hooks/copper').
        """)
        copper.subscribe("person", "update", target=TARGET)
        copper.people.update(ada, name="Hedy")
        copper.expect("person", "update", ids=ada)


def test_03_the_endpoint_takes_the_first_id_only() -> None:
    seen: list[int] = []

    def first_only(request: Received) -> None:
        seen.append(request.json["ids"][0])

    def all_of_them(request: Received) -> None:
        seen.extend(request.json["ids"])

    def story(copper: Copper, endpoint: Callable[[Received], None]) -> None:
        copper.route(ORIGIN, to=endpoint)
        copper.subscribe("lead", "new", target=TARGET)
        leads = copper.leads.create_many([{"name": f"Lead {number}"} for number in range(3)])
        for lead in leads:
            if lead.id not in seen:
                raise ExpectationError(f"lead {lead.id} is missing\n{copper.explain(lead)}")

    with emulator() as copper:
        assert message(lambda: story(copper, first_only)) == written(r"""
            lead 94808712 is missing
            2026-03-02 09:00:00.000  lead/new [94808711, 94808712, 94808713] (in Python)
              #1 lead/new [94808711, 94808712, 94808713], 94808712 together with 2 other ids, for subscription \
                  560698: delivered (200) at 2026-03-02 09:00:00.000, https://billing.example.com/hooks/copper \
                  via function first_only
            A notification has up to 30 ids, and the endpoint has to handle each of them.
        """)
    with emulator() as copper:
        story(copper, all_of_them)


def test_04_a_target_that_is_http() -> None:
    with emulator() as copper:
        assert message(
            lambda: copper.subscribe("person", "new", target="http://billing.example.com/hooks/copper")
        ) == written(r"""
            422 Invalid input: Invalid URI For External Request
            Copper accepts https:// targets only. Register https://billing.example.com/hooks/copper, and unless \
                a route leads from there to your endpoint already, add one: \
                copper.route('https://billing.example.com', to=app)
        """)
        endpoint = Endpoint(TARGET)
        copper.subscribe("person", "new", target="https://billing.example.com/hooks/copper")
        copper.route("https://billing.example.com", to=endpoint)
        copper.people.create(name="Ada")
        assert len(endpoint.requests) == 1


def test_05_a_route_was_forgotten() -> None:
    with pytest.raises(VerdictError) as caught, emulator() as copper:
        copper.route("https://biling.example.com", to=Endpoint(TARGET))
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

    assert plain(str(caught.value)) == written(r"""
        copper: blocked, which the test did not expect
        - person/new [94808711] to https://billing.example.com/hooks/copper: blocked: no route for \
            https://billing.example.com, and without one only loopback is reached
          The only route is for https://biling.example.com. Send it to your app with \
              copper.route('https://billing.example.com', to=app); to really send to that host: \
              Emulator(allow_targets='billing.example.com'); or, if this is intended: expect it with \
              outcome='blocked', or allow it: Emulator(allow='blocked')
    """)
    with emulator() as copper:
        copper.route("https://billing.example.com", to=Endpoint(TARGET))
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")
        copper.expect("person", "new")


def test_06_not_waited_for() -> None:
    with emulator(latency="30s") as copper:
        listening(copper, "person", "new")
        ada = copper.people.create(name="Ada")

        assert message(lambda: copper.expect("person", "new", ids=ada)) == written(r"""
            Expected person/new, ids=[94808711], delivered with any 2xx, but it is not due yet: the \
                account's latency is 30s.
            Nothing was delivered.
            Still under way (1):
              #1 person/new [94808711] for subscription 560698: waits, due 2026-03-02 09:00:30.000
            Let time pass first (until 2026-03-02 09:00:30.000): advance, or run_until_idle.
        """)
        copper.advance("30s")
        copper.expect("person", "new", ids=ada)


def test_07_over_the_limit() -> None:
    with emulator(limits="2/1m") as copper:
        listening(copper, "person", "new")
        people = [copper.people.create(name=f"Person {number}") for number in range(3)]

        assert message(lambda: copper.expect("person", "new", ids=people)) == written(r"""
            Expected person/new, ids=[94808711, 94808712, 94808713], delivered with any 2xx, but \
                [94808713] did not arrive as expected.
            What fits:
              #1 person/new [94808711] for subscription 560698: delivered (200) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function Endpoint
              #2 person/new [94808712] for subscription 560698: delivered (200) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function Endpoint
            Still under way (1):
              #3 person/new [94808713] for subscription 560698: held by the limit of 2/1m until 2026-03-02 \
                  09:01:00.000 at the earliest
            [94808713]: the limit of 2/1m holds it back.
            Let time pass first (until 2026-03-02 09:01:00.000): advance, or run_until_idle.
        """)
        copper.run_until_idle()
        copper.expect("person", "new", ids=people)


def test_08_the_key_was_switched_and_the_subscription_made_again() -> None:
    with emulator() as copper:
        listening(copper, "person", "new")
        copper.switch_key()
        copper.subscribe("person", "new", target=TARGET)
        ada = copper.people.create(name="Ada")

        assert message(lambda: copper.expect("person", "new", ids=ada, count=1)) == written(r"""
            Expected person/new, ids=[94808711], delivered with any 2xx, count=1, but 2 deliveries fit, not 1.
            What fits:
              #1 person/new [94808711] for subscription 560698 (from an earlier API key): delivered (200) at \
                  2026-03-02 09:00:00.000, https://billing.example.com/hooks/copper via function Endpoint
              #2 person/new [94808711] for subscription 560699: delivered (200) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function Endpoint
            Delete the subscriptions before switching the key: those of an earlier key keep firing, as \
                Copper's do. Or expect all of them: count=2.
        """)
        copper.expect("person", "new", ids=ada, count=2)
    with emulator() as copper:
        listening(copper, "person", "new")
        copper.unsubscribe(copper.subscriptions[0])
        copper.switch_key()
        copper.subscribe("person", "new", target=TARGET)
        ada = copper.people.create(name="Ada")
        copper.expect("person", "new", ids=ada, count=1)


def test_09_subscribed_after_the_change() -> None:
    with emulator() as copper:
        ada = copper.people.create(name="Ada")
        copper.advance("5s")
        listening(copper, "person", "new")

        assert message(lambda: copper.expect("person", "new", ids=ada)) == written(r"""
            Expected person/new, ids=[94808711], delivered with any 2xx, but the subscription was made after \
                the change.
            Nothing was delivered.
            It happened, but nobody was notified:
              2026-03-02 09:00:00.000  person/new [94808711]
                - subscription 560698 was made after the change (2026-03-02 09:00:05.000)
            Subscribe before the change: Copper sends nothing for what happened earlier.
        """)
    with emulator() as copper:
        listening(copper, "person", "new")
        ada = copper.people.create(name="Ada")
        copper.expect("person", "new", ids=ada)


def test_10_unsubscribed_before_the_change() -> None:
    with emulator() as copper:
        listening(copper, "person", "delete")
        ada = copper.people.create(name="Ada")
        copper.unsubscribe(copper.subscriptions[0])
        copper.people.delete(ada)

        assert message(lambda: copper.expect("person", "delete", ids=ada.id)) == written(r"""
            Expected person/delete, ids=[94808711], delivered with any 2xx, but the subscription had been \
                removed before the change.
            Nothing was delivered.
            It happened, but nobody was notified:
              2026-03-02 09:00:00.000  person/delete [94808711]
                - subscription 560698 had been removed before the change (2026-03-02 09:00:00.000)
            Unsubscribe after the change; or, if nothing should arrive, say copper.expect_none('person', \
                'delete').
        """)
        copper.expect_none("person", "delete")


def test_11_a_type_under_another_name() -> None:
    with emulator() as copper:
        listening(copper, "person", "new")
        copper.people.create(name="Ada")

        assert message(lambda: copper.expect("contact", "new")) == written(r"""
            there is no type 'contact'; did you mean 'person'? The types are lead, person, company, opportunity, \
                project, task and activity_log
        """)
        copper.expect("person", "new")


def test_12_another_name_for_the_stage_than_notifications_have() -> None:
    with emulator() as copper:
        listening(copper, "opportunity", "update")
        stages = next(iter(copper.lookups.pipelines))["stages"]
        ada = copper.people.create(name="Ada")
        engine = copper.opportunities.create(
            name="Engine", primary_contact_id=ada.id, pipeline_stage_id=stages[0]["id"]
        )
        copper.opportunities.update(engine, pipeline_stage_id=stages[1]["id"])

        assert message(
            lambda: copper.expect(
                "opportunity", "update", ids=engine, updated_attributes={"pipeline_stage_id": (987790, 987791)}
            )
        ) == written(r"""
            Expected opportunity/update, ids=[94808711], updated_attributes={'pipeline_stage_id': (987790, \
                987791)}, delivered with any 2xx, but its updated_attributes differ.
            Closest:
              #1 opportunity/update [94808711] for subscription 560698: delivered (200) at 2026-03-02 \
                  09:00:00.000, https://billing.example.com/hooks/copper via function Endpoint
                - updated_attributes has no 'pipeline_stage_id' (it has 'stage_id', 'stage', 'last_stage_at', \
                    'days_in_stage', 'win_probability')
            A notification reports 'pipeline_stage_id' as 'stage_id', 'stage', 'last_stage_at', \
                'days_in_stage'.
            Expect what was sent, the old value first: updated_attributes={'stage_id': (987790, 987791)}.
        """)
        copper.expect("opportunity", "update", ids=engine, updated_attributes={"stage_id": (987790, 987791)})


def test_13_old_and_new_value_the_other_way_round() -> None:
    with emulator() as copper:
        listening(copper, "person", "update")
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, name="Grace")

        assert message(
            lambda: copper.expect("person", "update", updated_attributes={"name": ("Grace", "Ada")})
        ) == written(r"""
            Expected person/update, updated_attributes={'name': ('Grace', 'Ada')}, delivered with any 2xx, but \
                its updated_attributes differ.
            Closest:
              #1 person/update [94808711] for subscription 560698: delivered (200) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function Endpoint
                - updated_attributes['name'] is ['Ada', 'Grace'], expected ['Grace', 'Ada']
            Expect what was sent, the old value first: updated_attributes={'name': ('Ada', 'Grace')}.
        """)
        copper.expect("person", "update", updated_attributes={"name": ("Ada", "Grace")})


def test_14_nothing_was_changed() -> None:
    with emulator() as copper:
        listening(copper, "person", "update")
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, name="Ada")

        assert message(lambda: copper.expect("person", "update", ids=ada)) == written(r"""
            Expected person/update, ids=[94808711], delivered with any 2xx, but nothing was changed: the values \
                were the same as before.
            Nothing was delivered.
            What was done:
              2026-03-02 09:00:00.000  person/update [94808711]: the values were the same
            Write a different value; or, if nothing should arrive, say copper.expect_none('person', 'update').
        """)
        copper.expect_none("person", "update")
        copper.people.update(ada, name="Grace")
        copper.expect("person", "update", ids=ada)


def test_15_a_relation_is_no_update() -> None:
    with emulator() as copper:
        listening(copper, "person", "update")
        ada = copper.people.create(name="Ada")
        acme = copper.companies.create(name="Acme")
        requests.post(
            f"{copper.api_url}/people/{ada.id}/related",
            json={"resource": {"id": acme.id, "type": "company"}},
            headers=copper.headers,
            timeout=10,
        ).raise_for_status()

        assert message(lambda: copper.expect("person", "update", ids=ada)) == written(r"""
            Expected person/update, ids=[94808711], delivered with any 2xx, but Copper sends nothing for what \
                was done.
            Nothing was delivered.
            What was done:
              2026-03-02 09:00:00.000  person 94808711 and company 94808711 were related: Copper does not \
                  notify of relations
            Say copper.expect_none('person', 'update'), since nothing will arrive; to find out, ask \
                the API.
        """)
        copper.expect_none("person", "update")


def broken(request: Received) -> None:
    raise KeyError("customer")


def test_16_the_endpoint_raises() -> None:
    with pytest.raises(VerdictError) as caught, emulator() as copper:
        copper.route(ORIGIN, to=broken)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

    assert plain(str(caught.value)) == written(r"""
        copper: KeyError in the endpoint, which the test did not expect
        - person/new [94808711] to https://billing.example.com/hooks/copper: failed: exception \
            (KeyError('customer'))
            Traceback (most recent call last):
              File "PATH", line N, in broken
                raise KeyError("customer")
            KeyError: 'customer'
          Fix the endpoint; or, if it is meant to raise: expect it with outcome='failed', or allow it: \
              Emulator(allow='exception')
    """)
    with emulator() as copper:
        copper.route(ORIGIN, to=broken)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")
        copper.expect("person", "new", outcome="failed")
    with emulator(allow="exception") as copper:
        copper.route(ORIGIN, to=broken)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")


def test_17_the_endpoint_does_not_run() -> None:
    with http_endpoint() as stopped:
        nowhere = stopped.url
    with emulator(strict=False) as copper, http_endpoint() as running:
        copper.route(ORIGIN, to=nowhere)
        copper.subscribe("person", "new", target=TARGET)
        copper.people.create(name="Ada")

        assert message(lambda: copper.expect("person", "new")) == written(r"""
            Expected person/new, delivered with any 2xx, but it failed: refused (http://127.0.0.1:PORT: \
                connection refused).
            Closest:
              #1 person/new [94808711] for subscription 560698: failed at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via http://127.0.0.1:PORT: refused \
                  (http://127.0.0.1:PORT: connection refused)
                - it failed: refused (http://127.0.0.1:PORT: connection refused), expected a 2xx
            Have the endpoint listen at http://127.0.0.1:PORT, or route its target to where it listens; or, if \
                this is intended, expect it with outcome='failed'.
        """)
        copper.route(ORIGIN, to=running.url)
        copper.people.create(name="Ada")
        copper.expect("person", "new")


def test_18_the_endpoint_takes_too_long() -> None:
    def story(copper: Copper) -> None:
        listening(copper, "person", "new").reply(200, delay="30s")
        copper.people.create(name="Ada")
        copper.run_until_idle()
        copper.expect("person", "new")

    with emulator(strict=False) as copper:
        assert message(lambda: story(copper)) == written(r"""
            Expected person/new, delivered with any 2xx, but it failed: timed out (no answer within 10s).
            Closest:
              #1 person/new [94808711] for subscription 560698: failed at 2026-03-02 09:00:10.000, \
                  https://billing.example.com/hooks/copper via function Endpoint: timed out (no answer within \
                  10s)
                - it failed: timed out (no answer within 10s), expected a 2xx
            Answer first and work afterwards, or allow more time with the setting timeout='60s'; or, if this is \
                intended, expect it with outcome='failed'.
        """)
    with emulator(timeout="60s") as copper:
        story(copper)


def test_19_claimed_twice() -> None:
    with emulator() as copper:
        listening(copper, "person", "new")
        ada = copper.people.create(name="Ada")
        copper.expect("person", "new")

        assert message(lambda: copper.expect("person", "new", ids=ada)) == written(r"""
            Expected person/new, ids=[94808711], delivered with any 2xx, but an earlier expect has already \
                claimed it.
            Closest:
              #1 person/new [94808711] for subscription 560698: delivered (200) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function Endpoint
                - an earlier expect has already claimed it
            Each delivery meets one expect: make it happen again before you expect it again, or remove \
                one expect.
        """)
        bob = copper.people.create(name="Bob")
        copper.expect("person", "new", ids=bob)


def test_20_the_endpoints_own_write_comes_back() -> None:
    def story(copper: Copper) -> None:
        def tagging(request: Received) -> None:
            if "name" in request.json["updated_attributes"]:
                copper.people.update(request.json["ids"][0], tags=["billed"])

        copper.route(ORIGIN, to=tagging)
        copper.subscribe("person", "update", target=TARGET)
        ada = copper.people.create(name="Ada")
        copper.people.update(ada, name="Grace")
        copper.expect("person", "update", updated_attributes={"name": ("Ada", "Grace")})

    with emulator() as copper:
        story(copper)

        assert message(lambda: copper.expect_none("person", "update")) == written(r"""
            Expected no person/update notification, but there is 1:
              #2 person/update [94808711] for subscription 560698: delivered (200) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function tagging
            #2 is an echo: the endpoint made that change while handling #1.
            If it should arrive, claim it first: copper.expect('person', 'update', ids=[94808711]). If \
                not, fix what makes the change.
        """)
        copper.expect("person", "update", ids=[94808711])
        copper.expect_none("person", "update")


def test_21_an_event_that_has_no_webhook() -> None:
    with emulator() as copper:
        assert message(lambda: copper.fire("activity_log", "update", ids=5)) == written(r"""
            there is no topic activity_log/update. Copper's only webhook for activity_log is new. Copper's \
                developer page lists update and delete too: allow them with \
                Emulator(profile='developer-docs').
        """)
    with emulator(profile="developer-docs") as copper:
        copper.fire("activity_log", "update", ids=5)


def test_22_a_change_through_the_api_that_was_never_let_go() -> None:
    def story(copper: Copper) -> None:
        listening(copper, "person", "new")
        requests.post(
            f"{copper.api_url}/people", json={"name": "Ada"}, headers=copper.headers, timeout=10
        ).raise_for_status()

    with pytest.raises(VerdictError) as caught, emulator() as copper:
        story(copper)

    assert plain(str(caught.value)) == written(r"""
        copper: due but never sent, which the test did not expect
        - 1 notification due but never sent, first person/new [94808711]: changes made through the API go out \
            at the next call that lets time pass
          Call settle (or expect, advance) after them, or allow it: Emulator(allow='due')
    """)
    with emulator() as copper:
        story(copper)
        copper.settle()
    with emulator(allow="due") as copper:
        story(copper)


def test_23_lost_by_a_fault() -> None:
    with emulator() as copper:
        listening(copper, "person", "new")
        copper.faults.outage("10m")
        ada = copper.people.create(name="Ada")

        assert message(lambda: copper.expect("person", "new", ids=ada)) == written(r"""
            Expected person/new, ids=[94808711], delivered with any 2xx, but it failed: refused (by the fault \
                outage=10m).
            Closest:
              #1 person/new [94808711] for subscription 560698: failed at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper: refused (by the fault outage=10m)
                - it failed: refused (by the fault outage=10m), expected a 2xx
            Switch the fault off before the change, with copper.faults.off(); or, if this is intended, expect it \
                with outcome='failed'.
        """)
        copper.expect("person", "new", ids=ada, outcome="failed")
        copper.faults.off()
        bob = copper.people.create(name="Bob")
        copper.expect("person", "new", ids=bob)


def test_24_several_records_share_a_notification() -> None:
    with emulator() as copper:
        listening(copper, "person", "new")
        ada, _ = copper.people.create_many([{"name": "Ada"}, {"name": "Bob"}])

        assert message(lambda: copper.expect("person", "new", ids=ada)) == written(r"""
            Expected person/new, ids=[94808711], delivered with any 2xx, but it came together with [94808712].
            Closest:
              #1 person/new [94808711, 94808712] for subscription 560698: delivered (200) at 2026-03-02 \
                  09:00:00.000, https://billing.example.com/hooks/copper via function Endpoint
                - ids are [94808711, 94808712], of which [94808712] is not expected
            Expect all that share the notification: ids=[94808711, 94808712]; or have each sent alone, with the \
                setting batch=1.
        """)
        copper.expect("person", "new", ids=[94808711, 94808712])


def test_25_the_record_of_another_type() -> None:
    with emulator() as copper:
        listening(copper, "company", "new")
        acme = copper.companies.create(name="Acme")

        assert message(lambda: copper.expect("person", "new", ids=acme.id)) == written(r"""
            Expected person/new, ids=[94808711], delivered with any 2xx, but nothing happened to \
                person [94808711], only company/new to company [94808711].
            Closest:
              #1 company/new [94808711] for subscription 560698: delivered (200) at 2026-03-02 09:00:00.000, \
                  https://billing.example.com/hooks/copper via function Endpoint
                - type is 'company', expected 'person'
                - the same ids are those of other records there: ids are unique only within a type
            If you mean the company, expect what happened to it: copper.expect('company', 'new', ...); or make the \
                intended change.
        """)
        copper.expect("company", "new")


def test_26_nothing_was_done_at_all() -> None:
    with emulator() as copper:
        listening(copper, "person", "new")

        assert message(lambda: copper.expect("person", "new")) == written(r"""
            Expected person/new, delivered with any 2xx, but no such change happened in this account.
            Nothing was delivered.
            Make it happen before you expect it: copper.people.create(...), the same through the API at \
                copper.api_url, or copper.fire('person', 'new', ids=...).
        """)
        copper.people.create(name="Ada")
        copper.expect("person", "new")
