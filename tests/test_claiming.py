"""`expect` and `expect_none`: what they match, what they claim, and what they report when they fail."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copper_emulator import Copper, Emulator, Endpoint, ExpectationError, UsageError

TARGET = "https://billing.example.com/hooks/copper"


@pytest.fixture
def copper() -> Iterator[Copper]:
    with Emulator(start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), strict=False) as copper:
        yield copper


@pytest.fixture
def endpoint(copper: Copper) -> Endpoint:
    endpoint = Endpoint(TARGET)
    copper.route("https://billing.example.com", to=endpoint)
    return endpoint


@pytest.fixture
def listening(copper: Copper, endpoint: Endpoint) -> Endpoint:
    copper.subscribe("person", "update", target=TARGET, secret={"key": "s3cret-value"})
    return endpoint


class Anything:
    """Equal to everything, as the matchers of dirty-equals are to what they match."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


def failure(copper: Copper, *topic: str, **expected: object) -> str:
    with pytest.raises(ExpectationError) as caught:
        copper.expect(*topic, **expected)  # type: ignore[arg-type]  # any of its arguments
    return str(caught.value)


# --- what matches ---------------------------------------------------------------------------------


def test_custom_fields_are_expected_by_ids_as_they_are_fired(copper: Copper, listening: Endpoint) -> None:
    copper.fire("person", "update", ids=1, updated_attributes={"custom_fields": {5: [1, 2]}})

    assert copper.expect("person", "update", updated_attributes={"custom_fields": {5: (1, 2)}})


def test_a_second_equal_call_needs_a_second_delivery(copper: Copper, listening: Endpoint) -> None:
    copper.fire("person", "update", ids=1)
    copper.expect("person", "update", ids=1)

    assert "an earlier expect has already claimed it" in failure(copper, "person", "update", ids=1)


def test_a_reset_that_is_refused_forgets_no_claim() -> None:
    with Emulator() as copper:
        copper.route("https://billing.example.com", to=Endpoint(TARGET))
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        copper.expect("person", "update", ids=1)
    with pytest.raises(UsageError, match="has ended"):
        copper.reset()

    assert "an earlier expect has already claimed it" in failure(copper, "person", "update", ids=1)


def test_without_ids_everything_unclaimed_that_fits_is_claimed(copper: Copper, listening: Endpoint) -> None:
    for number in (1, 2, 3):
        copper.fire("person", "update", ids=number)

    assert len(copper.expect("person", "update")) == 3
    copper.expect_none("person", "update")


def test_ids_are_the_exact_union_in_any_order_over_several_notifications(copper: Copper, listening: Endpoint) -> None:
    copper.fire("person", "update", ids=range(1, 62))

    assert len(copper.expect("person", "update", ids=range(61, 0, -1))) == 3


def test_the_first_deliveries_that_bring_them_are_claimed_and_the_others_left(
    copper: Copper, listening: Endpoint
) -> None:
    for ids in ([1, 2], [1], [2], [3], [3, 4]):
        copper.fire("person", "update", ids=ids)

    assert [d.ids for d in copper.expect("person", "update", ids=[1, 2, 3])] == [(1, 2), (3,)]
    assert [d.ids for d in copper.expect("person", "update", ids=[1, 2])] == [(1,), (2,)]
    copper.expect("person", "update", ids=[3, 4])


def test_what_a_later_one_makes_superfluous_is_left_for_another_expectation(
    copper: Copper, listening: Endpoint
) -> None:
    for ids in ([1], [1, 2]):
        copper.fire("person", "update", ids=ids)

    assert [d.ids for d in copper.expect("person", "update", ids=[1, 2])] == [(1, 2)]
    assert [d.ids for d in copper.expect("person", "update", ids=[1])] == [(1,)]


def test_a_delivery_in_which_an_id_stands_twice_is_found(copper: Copper, endpoint: Endpoint) -> None:
    """Copper sends no such body; a captured one that was edited may be."""
    body = {"subscription_id": 1, "type": "lead", "event": "new", "ids": [1, 1], "updated_attributes": {}}
    sent = copper.replay(body, target=TARGET)

    assert copper.expect("lead", "new", ids=[1]) == [sent]


@pytest.mark.parametrize("count", [None, 2])
def test_an_id_may_come_twice_whether_or_not_they_are_counted(
    copper: Copper, listening: Endpoint, count: int | None
) -> None:
    for ids in ([3, 4], [2, 4]):
        copper.fire("person", "update", ids=ids)

    assert [d.ids for d in copper.expect("person", "update", ids=[2, 3, 4], count=count)] == [(3, 4), (2, 4)]


def test_an_id_that_comes_only_with_others_is_told(copper: Copper, listening: Endpoint) -> None:
    for ids in ([1], [2, 3]):
        copper.fire("person", "update", ids=ids)

    text = failure(copper, "person", "update", ids=[1, 2])

    assert "[2, 3]" in text


def test_the_same_ids_to_two_subscriptions_are_two_deliveries(copper: Copper, listening: Endpoint) -> None:
    copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=7)

    assert len(copper.expect("person", "update", ids=7)) == 1
    assert len(copper.expect("person", "update", ids=7)) == 1


def test_count_is_how_many_there_are(copper: Copper, listening: Endpoint) -> None:
    for number in (1, 2, 3):
        copper.fire("person", "update", ids=number)

    assert "3 deliveries fit, not 2" in failure(copper, "person", "update", count=2)
    assert len(copper.expect("person", "update", count=3)) == 3


def test_status_implies_its_outcome_and_none_means_any_2xx(copper: Copper, listening: Endpoint) -> None:
    listening.reply(500, times=1)
    copper.fire("person", "update", ids=1)
    copper.fire("person", "update", ids=2)

    assert [d.ids for d in copper.expect("person", "update")] == [(2,)]
    [rejected] = copper.expect("person", "update", status=500)
    assert rejected.outcome == "rejected"


def test_attributes_and_body_are_compared_with_equals_for_the_named_keys(copper: Copper, listening: Endpoint) -> None:
    copper.fire("person", "update", ids=1, updated_attributes={"name": ["a", "b"], "title": [None, "Dr"]})

    copper.expect(
        "person", "update", updated_attributes={"name": ("a", Anything())}, body={"key": "s3cret-value", "ids": [1]}
    )


def test_expect_settles_but_never_moves_the_clock() -> None:
    with Emulator(latency="10m") as copper:
        copper.route("https://billing.example.com", to=lambda request: 200)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        before = copper.now

        text = failure(copper, "person", "update", ids=1)

        assert copper.now == before
        assert "waits, due" in text
        assert "Let time pass first (until " in text.splitlines()[-1]
        assert "advance, or run_until_idle." in text.splitlines()[-1]


def test_what_two_subscriptions_tell_is_said_to_be_told_twice(copper: Copper, endpoint: Endpoint) -> None:
    ids = [copper.subscribe("person", "new", target=TARGET).id for _ in range(2)]
    copper.fire("person", "new", ids=17)
    copper.expect("person", "new", ids=17)

    with pytest.raises(ExpectationError) as caught:
        copper.expect_none("person", "new")
    lines = str(caught.value).splitlines()
    assert lines[-2] == f"The subscriptions {ids} have the same topic and target, so it is notified 2 times."
    assert lines[-1].endswith("If not, subscribe once.")


def test_expect_none_minds_only_what_went_out_and_is_unclaimed(copper: Copper) -> None:
    copper.subscribe("person", "update", target="https://nowhere.example/")
    copper.fire("person", "update", ids=1)
    copper.expect_none()

    copper.route("https://nowhere.example", to=lambda request: 200)
    copper.fire("person", "update", ids=2)
    copper.expect_none("lead")
    copper.expect_none("person", "update", ids=3)
    with pytest.raises(ExpectationError, match=r"Expected no person notification, but there is 1"):
        copper.expect_none("person")
    copper.expect("person", "update", ids=2)
    copper.expect_none()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"outcome": "ok"}, "there is no outcome 'ok'; the outcomes are delivered"),
        ({"ids": []}, "use expect_none"),
        ({"count": 0}, "use expect_none"),
    ],
)
def test_an_impossible_expectation_says_what_is_possible(
    copper: Copper, arguments: dict[str, object], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        copper.expect("person", "update", **arguments)  # type: ignore[arg-type]  # any of its arguments


# --- what a failure says --------------------------------------------------------------------------


def test_it_names_what_came_closest_field_by_field(copper: Copper, listening: Endpoint) -> None:
    copper.fire("person", "update", ids=[1, 2], updated_attributes={"name": ["a", "b"]})

    text = failure(copper, "person", "update", ids=1, updated_attributes={"title": (None, "Dr")}, status=204)

    assert text.splitlines()[0] == (
        "Expected person/update, ids=[1], updated_attributes={'title': (None, 'Dr')}, status=204, "
        "but it came together with [2]."
    )
    assert "- ids are [1, 2], of which [2] is not expected" in text
    assert "- updated_attributes has no 'title' (it has 'name')" in text
    assert "- it was delivered (200), expected status 204" in text


def test_it_says_which_ids_did_not_arrive(copper: Copper, listening: Endpoint) -> None:
    copper.fire("person", "update", ids=[1, 2])

    text = failure(copper, "person", "update", ids=[1, 2, 3])

    assert text.splitlines()[0].endswith("but [3] did not arrive as expected.")


def test_it_shows_what_is_beside_those_that_fit(copper: Copper, listening: Endpoint) -> None:
    listening.reply(429, times=1)
    for number in (1, 2, 3):
        copper.fire("person", "update", ids=number)

    text = failure(copper, "person", "update", count=3)

    assert "2 deliveries fit, not 3" in text
    assert "1 of the same topic did not fit, among them:" in text
    assert "- it was rejected (429), expected a 2xx" in text


def test_it_says_that_nobody_subscribed(copper: Copper, endpoint: Endpoint) -> None:
    copper.subscribe("person", "new", target=TARGET)
    copper.fire("person", "update", ids=1)

    text = failure(copper, "person", "update", ids=1)

    assert "It happened, but nobody was notified:" in text
    assert f"    - subscription {copper.subscriptions[0].id} is for person/new" in text
    assert text.splitlines()[-1] == (
        f"Subscribe before the change: copper.subscribe('person', 'update', target='{TARGET}')."
    )


def test_it_says_that_nothing_happened(copper: Copper, listening: Endpoint) -> None:
    text = failure(copper, "lead", "new")

    assert "Nothing was delivered." in text
    assert "but no such change happened in this account." in text


def test_it_says_that_an_id_arrived_and_was_claimed(copper: Copper, listening: Endpoint) -> None:
    copper.fire("person", "update", ids=1)
    copper.fire("person", "update", ids=2)
    copper.expect("person", "update", ids=1)

    text = failure(copper, "person", "update", ids=[1, 2, 3])

    assert "but an earlier expect has already claimed [1], and [3] did not arrive as expected." in text


def test_it_shows_what_the_endpoint_answered(copper: Copper, listening: Endpoint) -> None:
    listening.reply(401, body={"error": "bad secret"})
    copper.fire("person", "update", ids=1)

    assert 'body: {"error":"bad secret"}' in failure(copper, "person", "update", ids=1)


@given(
    st.lists(st.sets(st.integers(1, 9), min_size=1, max_size=4).map(sorted), max_size=12),
    st.sets(st.integers(1, 9), min_size=1),
)
def test_ids_are_met_if_the_deliveries_with_no_others_bring_them_all(came: list[list[int]], wanted: set[int]) -> None:
    with Emulator() as copper:
        copper.route("https://billing.example.com", to=lambda request: 200)
        copper.subscribe("person", "update", target=TARGET)
        for ids in came:
            copper.fire("person", "update", ids=ids)

        within = [set(ids) for ids in came if wanted.issuperset(ids)]
        if set().union(*within) != wanted:
            with pytest.raises(ExpectationError):
                copper.expect("person", "update", ids=wanted)
            return
        found = [set(delivery.ids) for delivery in copper.expect("person", "update", ids=wanted)]
        assert set().union(*found) == wanted
        # None is claimed in vain: each has an id that the others have not.
        assert all(ids - set().union(*found[:place], *found[place + 1 :]) for place, ids in enumerate(found))


def test_thousands_of_single_notifications_are_covered_at_once(copper: Copper, listening: Endpoint) -> None:
    for number in range(1, 2001):
        copper.fire("person", "update", ids=number)
    copper.run_until_idle()

    assert len(copper.expect("person", "update", ids=range(1, 2001))) == 2000


def test_it_shows_the_exception_of_the_endpoint(copper: Copper) -> None:
    def broken(request: object) -> None:
        raise ZeroDivisionError("in the endpoint")

    copper.route("https://billing.example.com", to=broken)
    copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=1)

    text = failure(copper, "person", "update", ids=1)

    assert "failed: exception (ZeroDivisionError('in the endpoint')), expected a 2xx" in text
    assert "Traceback (most recent call last):" in text


def test_a_long_exception_is_whole_in_the_traceback_alone(copper: Copper) -> None:
    whole = "x" * 1_000

    def broken(request: object) -> None:
        raise ZeroDivisionError(whole)

    copper.route("https://billing.example.com", to=broken)
    copper.subscribe("person", "update", target=TARGET)
    copper.fire("person", "update", ids=1)

    text = failure(copper, "person", "update", ids=1)

    assert [line.lstrip() for line in text.splitlines() if whole in line] == [f"ZeroDivisionError: {whole}"]
    assert whole not in str(copper.timeline)
    assert copper.deliveries[0].text == f"ZeroDivisionError('{whole}')"


def test_it_tells_what_the_limits_hold_and_until_when() -> None:
    with Emulator(start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC), limits="1/1m") as copper:
        copper.route("https://billing.example.com", to=lambda request: 200)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        copper.fire("person", "update", ids=2)

        text = failure(copper, "person", "update", ids=2)

        assert "held by the limit of 1/1m until 2026-03-02 09:01:00.000" in text
        assert "Let time pass first (until 2026-03-02 09:01:00.000): advance" in text


def test_inside_an_endpoint_it_says_that_time_stands_still(copper: Copper) -> None:
    said: list[str] = []
    copper.route("https://billing.example.com", to=lambda request: said.append(failure(copper, "person", "update")))
    copper.subscribe("person", "update", target=TARGET)

    copper.fire("person", "update", ids=1)

    assert said[0].splitlines()[-1] == "Time stands still inside an endpoint: expect it after the call that delivers."


def test_secrets_never_stand_in_it(copper: Copper, listening: Endpoint) -> None:
    copper.fire("person", "update", ids=1)

    text = failure(copper, "person", "update", body={"key": "another"})

    assert "s3cret-value" not in text
    assert "body['key'] is '***', expected 'another'" in text
