"""What each action of a scenario does, what each check sees, and what a failure reports."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path
from textwrap import dedent

import pytest

from copper_emulator import AsyncEmulator, Emulator, Received, UsageError
from copper_emulator.scenarios import ScenarioFailed, StepResult, parse, perform
from tests.scenarios import endpoints
from tests.scenarios.builders import answering, failure_of, performed, story


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The file for a test's scenario."""
    return tmp_path / "story.yaml"


def moments(text: str) -> list[tuple[int, int]]:
    """Number and time of each step that was played, in seconds."""
    steps = performed(text).result.steps
    return [(step.number, step.at_ms // 1000) for step in steps if step.number]


# --- time ---------------------------------------------------------------------------------------------------


def test_a_step_happens_at_its_time_counted_from_the_start() -> None:
    text = story("""
        - at: +10m
          create: {type: person}
        - advance: 5m
        - at: +20m
          switch_key: true
    """)

    assert moments(text) == [(1, 600), (2, 900), (3, 1200)]


def test_waiting_until_idle_moves_the_clock_to_the_last_notification() -> None:
    text = "settings: {latency: 7m}\n" + story("""
        - create: {type: person}
        - run_until_idle: true
        - expect: {topic: person/new, count: 1}
    """)

    assert moments(text) == [(1, 0), (2, 420), (3, 420)]


def test_what_takes_longer_than_allowed_to_come_to_rest_fails() -> None:
    text = "settings: {latency: 7m}\n" + story("""
        - create: {type: person}
        - run_until_idle: 5m
    """)

    assert "1 notification still waiting after 5m" in failure_of(text)


def test_an_expectation_with_a_time_waits_no_longer_than_it_must() -> None:
    text = "settings: {latency: 7m}\n" + story("""
        - create: {type: person, as: ada}
        - expect: {topic: person/new, records: ada, within: 15m}
    """)

    assert moments(text) == [(1, 0), (2, 420)]


@pytest.mark.parametrize(
    ("settings", "count"),
    [("{limits: 1/1m, over_limit: hold}", 4), ("{latency: 7m}", 5)],
    ids=["held by a limit", "more than waits"],
)
def test_no_longer_time_is_advised_where_it_would_not_be_enough(settings: str, count: int) -> None:
    text = f"settings: {settings}\n" + story(f"""
        - create: {{type: person}}
        - create: {{type: person}}
        - create: {{type: person}}
        - create: {{type: person}}
        - expect: {{topic: person/new, count: {count}, within: 30s}}
    """)

    assert "wait longer" not in failure_of(text)


def test_an_expectation_with_a_time_fails_when_the_time_is_too_short() -> None:
    text = "settings: {latency: 7m}\n" + story("""
        - create: {type: person}
        - expect: {topic: person/new, within: 5m}
    """)

    failure = failure_of(text)
    assert "Still under way (1)" in failure
    assert "a step `advance` or `run_until_idle`. Or let this step wait longer: within: 7m.\n" in failure


@pytest.mark.parametrize("rest", ["topic: lead/new, within: 5m", "topic: person/new, ids: 1, within: 5m", "count: 1"])
def test_more_time_is_advised_only_where_it_helps(rest: str) -> None:
    """What waits is another topic or another record, or the step is not one that lets time pass."""
    text = "settings: {latency: 7m}\n" + story(f"""
        - create: {{type: person}}
        - expect: {{{rest}}}
    """)

    assert "wait longer" not in failure_of(text)


def test_more_time_is_not_advised_for_what_came_and_does_not_fit() -> None:
    text = story("""
        - create: {type: person}
        - expect: {topic: person/new, status: 500, within: 5m}
    """)

    assert "wait longer" not in failure_of(text)


@pytest.mark.parametrize("wanted", ["records: [ada, grace]", "count: 2", "records: [ada, grace], count: 2"])
def test_an_expectation_waits_for_all_its_ids_and_for_its_count(wanted: str) -> None:
    """There are notifications of two people at different times; one of them alone is not enough."""
    text = "settings: {latency: 7m}\n" + story(f"""
        - create: {{type: person, as: ada}}
        - at: +2m
          create: {{type: person, as: grace}}
        - expect: {{topic: person/new, {wanted}, within: 15m}}
    """)

    assert moments(text) == [(1, 0), (2, 120), (3, 540)]


def test_a_time_that_waiting_has_overtaken_fails_the_step() -> None:
    """How long `run_until_idle` takes is known only once it is played."""
    text = "settings: {latency: 7m}\n" + story("""
        - create: {type: person}
        - run_until_idle: true
        - at: +5m
          switch_key: true
    """)

    assert "+5m is in the past: it is already +7m, and time only moves forward" in failure_of(text)


# --- records ------------------------------------------------------------------------------------------------


def test_records_of_one_action_share_notifications_and_records_each_on_its_own_do_not() -> None:
    text = story("""
        - create: {type: person, as: together, count: 31}
        - expect: {topic: person/new, records: together, count: 2}
        - create: {type: person, as: apart, count: 3, each: true}
        - expect: {topic: person/new, records: apart, count: 3}
        - update: {records: [together, apart], fields: {title: Dr}}
        - expect: {topic: person/update, records: [together, apart], count: 2}
        - update: {records: apart, fields: {title: Prof}, each: true}
        - expect: {topic: person/update, records: apart, count: 3, updated_attributes: {title: [Dr, Prof]}}
        - subscribe: {as: gone, topic: person/delete, target: /hook}
        - delete: {records: apart, each: true}
        - expect: {topic: person/delete, records: apart, count: 3}
        - delete: {records: together}
        - expect: {topic: person/delete, records: together, count: 2}
        - expect_none: {}
    """)

    assert performed(text).passed


def test_bare_events_need_no_records() -> None:
    text = story("""
        - fire: {topic: person/update, ids: [17, 18], updated_attributes: {name: [Ada, Ada Lovelace]}}
        - expect: {topic: person/update, ids: [18, 17], count: 1, updated_attributes: {name: [Ada, Ada Lovelace]}}
        - fire: {topic: person.new, count: 61, as: storm}
        - expect: {topic: person/new, records: storm, count: 3}
        - fire: {topic: person/new, count: 4, each: true}
        - expect: {topic: person/new, count: 4}
    """)

    assert performed(text).passed


def test_what_cannot_be_done_to_records_fails_the_step() -> None:
    text = story("""
        - create: {type: person, as: ada}
        - delete: {records: ada}
        - update: {records: ada, fields: {name: Ada}}
    """)

    assert "step 3 of 3 failed" in failure_of(text)
    assert "There is no person 94808711" in failure_of(text)


# --- subscriptions and keys ---------------------------------------------------------------------------------


def test_subscriptions_send_the_scenarios_secret_unless_they_have_their_own(written: Path) -> None:
    received: list[tuple[str, object]] = []
    written.write_text(
        dedent("""
            name: secrets
            secret: {key: shared}
            subscriptions:
              shared: {topic: person/new, target: /shared}
              own: {topic: person/new, target: /own, secret: {key: other}, headers: {Authorization: token}}
              none: {topic: person/new, target: /none, secret: {}}
            steps:
              - create: {type: person}
              - expect: {topic: person/new, count: 3}
              - resubscribe: {subscription: own, secret: {key: third}, target: /moved}
              - create: {type: person}
              - expect: {topic: person/new, to: own, body: {key: third}}
              - expect: {topic: person/new, count: 2}
        """)
    )

    with Emulator() as copper:
        answering(copper, lambda request: received.append((request.path, request.json.get("key"))))
        copper.play(written)

    assert received[:3] == [("/shared", "shared"), ("/own", "other"), ("/none", None)]
    assert received[4] == ("/moved", "third")


def test_a_refusal_by_the_api_can_be_what_is_wanted() -> None:
    text = story("""
        - subscribe: {as: plain, topic: person/new, target: http://billing.example.com/hook}
          refused: 422
        - switch_key: true
        - unsubscribe: made
          refused: 404
    """)

    played = performed(text)

    assert played.passed
    assert "api refused subscribe: 422 Invalid input: Invalid URI For External Request" in played.result.timeline
    texts = [step.text for step in played.result.steps]
    assert "subscribe to person/new (plain) -> http://billing.example.com/hook, refused with 422" in texts
    assert "delete subscription made, refused with 404" in texts


def test_an_unwanted_refusal_fails_the_step_with_the_apis_own_text() -> None:
    text = story("- subscribe: {as: plain, topic: person/new, target: http://billing.example.com/hook}")

    assert "422 Invalid input: Invalid URI For External Request" in failure_of(text)


def test_a_refusal_that_does_not_come_or_is_another_fails_the_step() -> None:
    accepted = story("- {unsubscribe: made, refused: 404}")
    other = story("- {subscribe: {as: plain, topic: person/new, target: 'http://x.example/'}, refused: 404}")

    assert "The API should have refused this with 404, but accepted it." in failure_of(accepted)
    assert "The API should have refused this with 404; it said: 422 Invalid input" in failure_of(other)


def test_a_subscription_that_was_refused_cannot_be_used_afterwards() -> None:
    text = story("""
        - subscribe: {as: plain, topic: person/new, target: http://x.example/}
          refused: 422
        - unsubscribe: plain
    """)

    assert "the subscription 'plain' was never made: the API refused it" in failure_of(text)


def test_a_subscription_before_the_steps_that_is_refused_is_named_by_its_line() -> None:
    text = "name: x\nsubscriptions:\n  made: {topic: person/new, target: 'http://x.example/'}\nsteps: [{advance: 1m}]\n"

    assert failure_of(text).startswith(
        "story.yaml:3: before the first step failed, at +0s: subscribe to person/new (made)"
    )


# --- the endpoint -------------------------------------------------------------------------------------------


def test_an_endpoint_that_is_down_refuses_connections_and_is_back_when_it_is_up(written: Path) -> None:
    calls: list[int] = []
    written.write_text(
        story("""
            - endpoint: down
            - fire: {topic: person/new, ids: 1}
            - expect: {topic: person/new, ids: 1, outcome: failed}
            - endpoint: up
            - fire: {topic: person/new, ids: 2}
            - expect: {topic: person/new, ids: 2}
        """)
    )

    with Emulator() as copper:
        answering(copper, lambda request: calls.extend(request.json["ids"]))
        copper.play(written)

        assert copper.deliveries[0].verdict.startswith("failed: refused")

    assert calls == [2]


def test_an_endpoint_left_down_is_up_again_after_the_scenario(written: Path) -> None:
    written.write_text(story("- endpoint: down"))

    with Emulator() as copper:
        answering(copper, lambda _: 200)
        copper.play(written)
        copper.fire("person", "new", ids=1)

        copper.expect("person", "new", ids=1, status=200)


def test_a_route_made_while_an_endpoint_is_down_is_the_accounts_own(written: Path) -> None:
    written.write_text(
        story("""
            - endpoint: down
            - fire: {topic: person/new, ids: 1}
            - expect: {topic: person/new, ids: 1, outcome: failed}
        """)
    )
    calls: list[int] = []

    with Emulator() as copper:
        copper.subscribe("lead", "new", target="https://leads.example/hook")
        copper.after_delivery(
            lambda _: copper.route("https://leads.example", to=lambda got: calls.extend(got.json["ids"]))
        )
        copper.play(written)
        copper.fire("lead", "new", ids=7)
        copper.settle()

    assert calls == [7]


# --- checks -------------------------------------------------------------------------------------------------


def test_totals_count_within_their_span() -> None:
    text = "settings: {limits: 2/1m, over_limit: hold}\n" + story("""
        - create: {type: person, count: 5, each: true}
        - expect_totals: {sent: 2, held: 3, waiting: 3, dropped: 0, cancelled: 0}
        - at: +1m
          expect_totals: {sent: 2, held: 0, since: +1m}
        - expect_totals: {sent: 2, held: 3, until: +1m}
        - expect_totals: {topic: person/update, sent: 0, waiting: 0}
        - unsubscribe: made
        - at: +2m
          expect_totals: {sent: 4, cancelled: 1, waiting: 0}
    """)

    played = performed(text)

    assert played.passed, played.result.failure


@pytest.mark.parametrize(("number", "what"), [(30, "1 was"), (31, "2 were")])
def test_a_wrong_total_says_what_it_was_and_all_others(number: int, what: str) -> None:
    text = story(f"""
        - create: {{type: person, count: {number}}}
        - expect_totals: {{sent: 3, held: 1, dropped: 0}}
    """)
    sent = what.partition(" ")[0]

    says = (
        f"{what} sent, not 3; 0 were held, not 1. Altogether: sent {sent}, held 0, dropped 0, cancelled 0, waiting 0."
    )
    assert f"\n{says}\n" in failure_of(text)


TAGGED = "If it is right to write that, play a copy of the scenario that expects it."


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("expect_totals: {sent: 1}", True),
        ("expect_none: {}", True),
        ("expect: {topic: person/update, count: 2}", True),
        ("expect_totals: {topic: person/new, sent: 2}", False),
        ("expect: {topic: person/update, status: 500}", False),
    ],
)
def test_where_a_number_is_wrong_the_endpoints_own_writes_are_named(written: Path, check: str, *, told: bool) -> None:
    written.write_text(
        story(f"""
            - create: {{type: person}}
            - expect: {{topic: person/new, count: 1}}
            - {check}
        """)
    )

    with Emulator(strict=False) as copper, pytest.raises(ScenarioFailed) as caught:

        def tagging(request: Received) -> None:
            if request.json["event"] == "new":
                copper.people.update(request.json["ids"][0], tags=["new"])

        answering(copper, tagging)
        copper.play(written)

    failure = caught.value.result.failed
    assert failure.endswith(TAGGED) is told
    assert ("1 change came from outside the scenario, first person/update [" in failure) is told


def test_what_was_never_let_out_does_not_count_as_sent(written: Path) -> None:
    """A notification for a target without a route is blocked before anything is sent."""
    written.write_text(
        story("""
            - fire: {topic: person/new, ids: 1}
            - expect: {topic: person/new, outcome: blocked}
            - expect_totals: {sent: 0}
        """)
    )

    with Emulator() as copper:
        assert copper.play(written).sent == 0


@pytest.mark.parametrize(
    ("expected", "said", "told"),
    [
        ("updated_attributes: {}", "updated_attributes empty", "updated_attributes is {'name': ['Ada', 'Eve']}"),
        (
            "body: {updated_attributes: {}}",
            "body with updated_attributes",
            "body['updated_attributes'] is {'name': ['Ada', 'Eve']}",
        ),
        ("body: {}", "body empty", "body is {"),
    ],
)
def test_an_empty_mapping_is_expected_as_it_stands(expected: str, said: str, told: str) -> None:
    text = story(f"""
        - fire: {{topic: person/new, ids: 1}}
        - expect: {{topic: person/new, updated_attributes: {{}}, body: {{updated_attributes: {{}}}}}}
        - fire: {{topic: person/update, ids: 1, updated_attributes: {{name: [Ada, Eve]}}}}
        - expect: {{topic: person/update, {expected}}}
    """)

    failure = failure_of(text)

    assert failure.splitlines()[0].endswith(
        f"step 4 of 4 failed, at +0s: expect person/update, answered with any 2xx, {said}"
    )
    assert f"    - {told}" in failure
    assert ", expected {}" in failure


def test_expecting_nothing_sees_only_what_was_not_expected() -> None:
    text = story("""
        - fire: {topic: person/new, ids: 1}
        - expect: {topic: person/new, ids: 1}
        - expect_none: {}
        - fire: {topic: person/update, ids: 1}
        - expect_none: {topic: person/new}
        - expect_none: {topic: person/update, ids: 2}
        - expect_none: {topic: person/update}
    """)

    failure = failure_of(text)

    assert failure.startswith("story.yaml:12: step 7 of 7 failed, at +0s: expect nothing (else): person/update")
    assert "Expected no person/update notification" in failure


def test_nothing_can_be_expected_for_one_subscription() -> None:
    text = story("""
        - subscribe: {as: shop, topic: person/new, target: https://shop.example/hook}
        - fire: {topic: person/new, ids: 1}
        - unsubscribe: shop
        - fire: {topic: person/new, ids: 2}
        - expect_none: {topic: person/new, ids: 2, to: shop}
        - expect: {topic: person/new, to: made, count: 2}
        - expect_none: {to: made}
        - expect_none: {to: shop}
    """)

    lines = failure_of(text).splitlines()

    assert lines[0].endswith("step 8 of 8 failed, at +0s: expect nothing (else): any topic, for subscription shop")
    assert lines[1] == "Expected no notification, body={'subscription_id': 560700}, but there is 1:"
    assert lines[3] == (
        "If it should arrive, claim it first: a step `expect: {topic: person/new}`, and `to` with the name of the "
        "subscription to https://shop.example/hook. If not, fix what makes the change."
    )


# --- failures and results -----------------------------------------------------------------------------------


def test_a_failure_names_file_line_and_step_and_ends_with_the_timeline() -> None:
    text = story("""
        - fire: {topic: person/new, ids: 17}
        - expect: {topic: person/new, ids: 18, status: 500}
        - expect_none: {}
    """)

    lines = failure_of(text).splitlines()

    assert lines[0] == "story.yaml:7: step 2 of 3 failed, at +0s: expect person/new of ids 18, status 500"
    assert lines[1] == "Expected person/new, ids=[18], status=500, but person/new happened only to [17]."
    assert any("ids are [17]" in line for line in lines)
    assert lines[-1].endswith(": 200")


def test_a_long_timeline_is_shown_from_its_end() -> None:
    text = story("""
        - fire: {topic: person/new, count: 20, each: true}
        - expect_none: {}
    """)

    lines = failure_of(text).splitlines()

    at = lines.index("The end of the timeline:")
    assert len(lines) - at == 13
    assert "#20 person/new" in lines[-1]


def test_no_step_is_played_after_the_first_that_fails() -> None:
    text = story("""
        - expect: {topic: person/new}
        - fire: {topic: person/new, ids: 1}
    """)

    result = performed(text).result

    assert [step.number for step in result.steps] == [0, 0, 1]
    assert (result.total_steps, result.sent) == (2, 0)


def test_secrets_are_masked_in_what_is_shown() -> None:
    text = story("""
        - subscribe: {as: more, topic: lead/new, target: /hook, secret: {key: tiptop-secret}, headers: {X: hush-hush}}
        - fire: {topic: lead/new, ids: 1}
        - expect: {topic: lead/new, body: {key: tiptop-secret}, status: 500}
    """)

    result = performed(text).result

    for shown in (result.failure, result.timeline, *(step.text for step in result.steps)):
        assert "tiptop-secret" not in shown
        assert "hush-hush" not in shown


def test_a_scenario_that_passed_says_so_in_one_line() -> None:
    result = performed(story("- fire: {topic: person/new, count: 31}")).result

    assert result.checked() is result
    assert str(result) == "story: 1 step passed, 2 notifications sent"


def test_progress_is_told_step_by_step() -> None:
    seen: list[StepResult] = []

    played = perform(
        parse(story("- fire: {topic: person/new, count: 31}\n- advance: 1m"), "story.yaml"),
        settings={},
        on_step=seen.append,
    )

    assert tuple(seen) == played.result.steps
    assert [(step.number, step.line, step.ended) for step in seen] == [(0, 3, 0), (0, 4, 0), (1, 6, 2), (2, 7, 0)]


def test_what_goes_wrong_unasked_is_in_the_verdict() -> None:
    """Every step passes, but one notification was refused and no step says that this is intended."""
    text = "secret: {key: s3cret}\n" + story("""
        - subscribe: {as: forged, topic: lead/new, target: /hook, secret: {key: guessed}}
        - fire: {topic: lead/new, ids: 1}
    """)

    played = performed(text)

    assert played.result.passed
    assert not played.passed
    assert "rejected (401)" in played.verdict


def test_what_is_allowed_is_no_matter_for_the_verdict() -> None:
    text = "secret: {key: s3cret}\nsettings: {allow: '401'}\n" + story("""
        - subscribe: {as: forged, topic: lead/new, target: /hook, secret: {key: guessed}}
        - fire: {topic: lead/new, ids: 1}
    """)

    assert performed(text).passed


# --- in a test ----------------------------------------------------------------------------------------------


def test_a_scenario_sets_the_account_up_as_it_needs_it(written: Path) -> None:
    written.write_text("settings: {latency: 1m}\n" + story("- fire: {topic: person/new, ids: 1}\n- expect_none: {}"))

    with Emulator(over_limit="drop") as copper:
        answering(copper, lambda _: 200)
        copper.play(written)

        assert (copper.settings.latency.low_ms, str(copper.settings.over_limit)) == (60_000, "drop")


def test_settings_cannot_change_once_something_has_happened(written: Path) -> None:
    written.write_text("settings: {latency: 1m}\n" + story("- advance: 1m"))

    with Emulator() as copper:
        copper.fire("person", "new", ids=1)

        with pytest.raises(UsageError, match=r"story\.yaml needs the settings latency, and something has happened"):
            copper.play(written)


def test_scenarios_that_need_no_other_settings_can_follow_each_other(written: Path) -> None:
    """The second counts, expects and shows only its own, even at the same moment."""
    written.write_text(
        story("""
            - create: {type: person, as: ada}
            - expect: {topic: person/new, records: ada, count: 1}
            - expect_totals: {sent: 1}
            - unsubscribe: [made, changed]
        """)
    )

    with Emulator() as copper:
        answering(copper, lambda _: 200)
        first = copper.play(written)
        second = copper.play(written)

        assert first.sent == second.sent == 1
        assert len(first.timeline.splitlines()) == len(second.timeline.splitlines())


def test_after_settings_of_its_own_a_plain_scenario_needs_a_new_account(written: Path, tmp_path: Path) -> None:
    """Otherwise it would be played under the other's settings."""
    written.write_text("settings: {latency: 1m}\n" + story("- advance: 1m"))
    plain = tmp_path / "plain.yaml"
    plain.write_text(story("- advance: 1m"))

    with Emulator() as copper:
        copper.play(written)

        with pytest.raises(UsageError, match="needs the settings that this account began with"):
            copper.play(plain)


def test_a_key_switched_before_the_scenario_stays_switched(written: Path) -> None:
    """A scenario's settings replace the account's state, not its identity."""
    written.write_text("settings: {latency: 1m}\n" + story("- advance: 1m"))

    with Emulator() as copper:
        token = copper.token
        copper.play(written)

        assert copper.token == token


def test_a_failed_scenario_fails_the_test_with_its_step(written: Path) -> None:
    written.write_text(story("- expect: {topic: person/new}"))

    with Emulator() as copper, pytest.raises(ScenarioFailed, match=r"story\.yaml:6: step 1 of 1 failed") as raised:
        copper.play(written)

    assert isinstance(raised.value, AssertionError)
    assert raised.value.result.name == "story"


def test_asynchronous_tests_play_the_same_files(written: Path) -> None:
    written.write_text(
        story("- create: {type: person, as: ada}\n- expect: {topic: person/new, records: ada, status: 204}")
    )

    async def answer(_: Received) -> int:
        return 204

    async def play() -> int:
        async with AsyncEmulator() as copper:
            copper.route("https://endpoint.example", answer)
            return (await copper.play(written)).sent

    assert asyncio.run(play()) == 1


def test_a_target_takes_the_place_of_every_other() -> None:
    """Including those that steps subscribe or change to."""
    text = story("""
        - fire: {topic: person/new, ids: 1}
        - subscribe: {as: more, topic: lead/new, target: https://somewhere.example.com/else}
        - fire: {topic: lead/new, ids: 2}
        - resubscribe: {subscription: changed, target: https://moved.example.com/}
        - fire: {topic: person/update, ids: 3}
        - expect_totals: {sent: 3}
        - expect: {status: 401, count: 3}
    """)

    with endpoints.right() as app, endpoints.served(app) as url:
        played = perform(parse(text, "story.yaml"), target=url, settings={})

    assert played.passed, played.result.failure


def test_a_fault_of_one_target_is_then_one_of_the_new() -> None:
    text = story("""
        - subscribe: {as: more, topic: lead/new, target: https://somewhere.example.com/else}
        - faults: lose=1@https://somewhere.example.com
        - fire: {topic: lead/new, ids: 2}
        - expect: {topic: lead/new, outcome: lost}
    """)

    with endpoints.right() as app, endpoints.served(app) as url:
        played = perform(parse(text, "story.yaml"), target=f"{url}/elsewhere", settings={})

    assert played.passed, played.result.failure


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("127.0.0.1:5000/hook", "is not a URL to send to: write it in full, like http://127.0.0.1:5000/hooks/copper"),
        ("ftp://127.0.0.1/hook", "is not a URL to send to"),
        ("http://user:word@127.0.0.1/hook", "is not a URL to send to"),
        ("http://127.0.0.1/hook#part", "is not a URL to send to"),
        ("http://[::1/hook", "is not a URL to send to"),
        ("https://billing.example.com/hook", "--set allow_targets=billing.example.com"),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(target: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        perform(parse(story("- advance: 1m"), "story.yaml"), target=target, settings={})

    assert says in str(raised.value)


def test_a_failure_can_be_sent_to_another_process(written: Path) -> None:
    written.write_text(story("\n            - expect: {topic: person/new}\n"))
    with Emulator(strict=False) as copper, pytest.raises(ScenarioFailed) as caught:
        answering(copper, lambda _: 200)
        copper.play(written)

    again = pickle.loads(pickle.dumps(caught.value))

    assert (str(again), again.result) == (str(caught.value), caught.value.result)
