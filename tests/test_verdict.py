"""The verdict at the end: what fails a test that has not checked it, what permits it, and the message."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web

from copper_emulator import AsyncEmulator, Copper, Emulator, Endpoint, UsageError, VerdictError
from copper_emulator.core.model import EntityType
from copper_emulator.core.records import commands

TARGET = "https://billing.example.com/hooks/copper"


def answering(copper: Copper) -> Endpoint:
    endpoint = Endpoint(TARGET)
    copper.route("https://billing.example.com", to=endpoint)
    copper.subscribe("person", "update", target=TARGET, secret={"key": "s3cret-value"})
    return endpoint


def blocked(copper: Copper) -> None:
    copper.subscribe("person", "update", target="https://nowhere.example/hook")
    copper.fire("person", "update", ids=1)


def refused(copper: Copper) -> None:
    answering(copper).refuse()
    copper.fire("person", "update", ids=1)


def rejected(copper: Copper) -> None:
    answering(copper).reply(409)
    copper.fire("person", "update", ids=1)


def redirected(copper: Copper) -> None:
    answering(copper).reply(302)
    copper.fire("person", "update", ids=1)


def raising(copper: Copper) -> None:
    answering(copper)

    def broken(request: object) -> None:
        raise LookupError("no such customer s3cret-value")

    copper.route("https://billing.example.com", to=broken)
    copper.fire("person", "update", ids=1)


def timed_out(copper: Copper) -> None:
    answering(copper).hang()
    copper.fire("person", "update", ids=1)
    copper.run_until_idle()


WRONG: list[tuple[Callable[[Copper], None], str, str, str]] = [
    (blocked, "blocked", "blocked: no route for https://nowhere.example", "blocked"),
    (refused, "failed: refused", "failed: refused (connection refused)", "failed"),
    (rejected, "rejected (409)", "rejected (409)", "409"),
    (redirected, "rejected (302)", "rejected (302)", "rejected"),
    (raising, "LookupError in the endpoint", "failed: exception (LookupError", "exception"),
    (timed_out, "failed: timed out", "failed: timed out (no answer within 10s)", "failed"),
]
IDS = [what.__name__ for what, *_ in WRONG]


@pytest.mark.parametrize(("happen", "brief", "text", "permit"), WRONG, ids=IDS)
def test_what_goes_wrong_fails_the_block_and_says_what_it_was(
    happen: Callable[[Copper], None], brief: str, text: str, permit: str
) -> None:
    with pytest.raises(VerdictError) as caught, Emulator() as copper:
        happen(copper)

    first, second, *_ = str(caught.value).splitlines()
    assert first == f"copper: {brief}, which the test did not expect"
    assert second.startswith("- person/update [1] to ")
    assert text in second


@pytest.mark.parametrize(("happen", "brief", "text", "permit"), WRONG, ids=IDS)
def test_allow_permits_it(happen: Callable[[Copper], None], brief: str, text: str, permit: str) -> None:
    with Emulator(allow=permit) as copper:
        happen(copper)


@pytest.mark.parametrize(("happen", "brief", "text", "permit"), WRONG, ids=IDS)
def test_an_expect_that_names_it_permits_it(
    happen: Callable[[Copper], None], brief: str, text: str, permit: str
) -> None:
    with Emulator() as copper:
        happen(copper)
        [delivery] = copper.deliveries
        copper.expect("person", "update", outcome=delivery.outcome)


@pytest.mark.parametrize(("happen", "brief", "text", "permit"), WRONG, ids=IDS)
def test_not_strict_means_no_verdict(happen: Callable[[Copper], None], brief: str, text: str, permit: str) -> None:
    with Emulator(strict=False) as copper:
        happen(copper)


async def answers_first(scope: Any, _receive: Any, send: Any) -> None:
    """Answers 200, and then raises in work that follows, as in a framework's background tasks."""
    if scope["type"] != "http":
        raise NotImplementedError
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})
    raise LookupError("no such customer")


@pytest.mark.parametrize("expected", [{}, {"status": 200}, {"outcome": "delivered"}])
def test_who_expects_a_2xx_does_not_mean_what_is_raised_after_it(expected: dict[str, Any]) -> None:
    with pytest.raises(VerdictError) as caught, Emulator(allow={200, "delivered"}) as copper:
        copper.route("https://billing.example.com", to=answers_first)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        copper.expect("person", "update", **expected)

    first, *_, last = str(caught.value).splitlines()
    assert first == "copper: LookupError in the endpoint, which the test did not expect"
    assert last.endswith("if it is meant to raise: allow it: Emulator(allow='exception')")


def test_what_is_raised_after_a_2xx_can_be_allowed() -> None:
    with Emulator(allow="exception") as copper:
        copper.route("https://billing.example.com", to=answers_first)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        copper.expect("person", "update", status=200)


def test_an_expect_permits_only_what_it_claims() -> None:
    with pytest.raises(VerdictError, match=r"person/update \[2\]"), Emulator() as copper:
        answering(copper).reply(500)
        copper.fire("person", "update", ids=1)
        copper.fire("person", "update", ids=2)
        copper.expect("person", "update", ids=1, status=500)


def test_the_same_fault_many_times_is_one_complaint() -> None:
    with pytest.raises(VerdictError, match=r"rejected \(500\) \(9 times\)") as caught, Emulator() as copper:
        answering(copper).reply(500)
        for number in range(1, 10):
            copper.fire("person", "update", ids=number)

    assert str(caught.value).startswith("copper: rejected (500), which the test did not expect\n")


def test_what_was_due_and_never_given_the_chance_to_go_fails() -> None:
    with pytest.raises(VerdictError, match=r"1 notification due but never sent") as caught, Emulator() as copper:
        answering(copper)
        copper.subscribe("task", "new", target=TARGET)
        _change_behind_the_tests_back(copper)

    assert "Call settle (or expect, advance)" in str(caught.value)


def test_what_may_have_been_changed_by_a_worker_is_to_be_waited_for() -> None:
    with pytest.raises(VerdictError) as caught, Emulator() as copper:
        answering(copper)
        copper.subscribe("task", "new", target=TARGET)
        copper.fire("person", "update", ids=1)
        _change_behind_the_tests_back(copper)

    assert str(caught.value).splitlines()[-1] == (
        "  Call settle (or expect, advance) after them; if a worker of yours makes them later, let "
        "copper.after_delivery(...) wait for it; or allow it: Emulator(allow='due')"
    )


def test_what_a_raising_hook_left_unsent_is_not_put_down_to_the_api() -> None:
    with pytest.raises(VerdictError) as caught, Emulator() as copper:
        answering(copper)
        copper.subscribe("person", "new", target=TARGET)
        copper.after_delivery(lambda delivery: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            copper.people.create_many([{"name": "Ada"} for _ in range(61)])

    _, what, advice = str(caught.value).splitlines()
    assert what.startswith("- 2 notifications due but never sent, first person/new ")
    assert what.endswith(
        ": the call that was sending ended with an exception, such as that of an after_delivery hook or of a timeout "
        "around the call"
    )
    assert advice == (
        "  Fix what raised it; or, if it is meant to raise: call settle after it, or allow it: Emulator(allow='due')"
    )


def test_waiting_for_a_busy_target_is_no_fault_of_the_test() -> None:
    with Emulator() as copper:
        answering(copper).reply(200, delay="3s")
        copper.fire("person", "update", ids=1)
        copper.fire("person", "update", ids=2)
        assert copper.verdict() == ""


def test_the_endpoints_answer_is_told() -> None:
    with pytest.raises(VerdictError, match=r"rejected \(401\), body: bad secret"), Emulator() as copper:
        answering(copper).reply(401, body="bad\n  secret")
        copper.fire("person", "update", ids=1)


def test_a_page_about_an_exception_is_not_told_beside_the_exception() -> None:
    app = pytest.importorskip("flask").Flask("billing")

    @app.post("/hooks/copper")
    def hook() -> object:
        raise KeyError("name")

    with pytest.raises(VerdictError) as failed, Emulator() as copper:
        copper.route(TARGET, to=app)
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)

    assert "KeyError('name')" in str(failed.value)
    assert "body: " not in str(failed.value)


def test_due_can_be_allowed() -> None:
    with Emulator(allow="due") as copper:
        answering(copper)
        copper.subscribe("task", "new", target=TARGET)
        _change_behind_the_tests_back(copper)


def test_still_queued_for_later_or_never_looked_at_is_fine() -> None:
    with Emulator(latency="10m") as copper:
        answering(copper)
        copper.fire("person", "update", ids=1)
        copper.advance(minutes=10)
        copper.fire("person", "update", ids=2)


def test_held_dropped_and_cancelled_are_what_the_test_asked_for() -> None:
    with Emulator(limits="1/1m") as copper:
        answering(copper)
        copper.fire("person", "update", ids=1)
        copper.fire("person", "update", ids=2)
        copper.unsubscribe(copper.subscriptions[0])
        copper.run_until_idle()
        assert [d.outcome for d in copper.deliveries] == ["delivered", "cancelled"]
    with Emulator(limits="1/1m", over_limit="drop") as copper:
        answering(copper)
        copper.fire("person", "update", ids=1)
        copper.fire("person", "update", ids=2)
        assert [d.outcome for d in copper.deliveries] == ["delivered", "dropped"]


def test_what_a_fault_did_is_what_the_test_asked_for() -> None:
    with Emulator() as copper:
        answering(copper)
        copper.faults.outage("10m")
        copper.fire("person", "update", ids=1)
        assert [d.outcome for d in copper.deliveries] == ["failed"]


def test_several_kinds_are_all_named_in_the_first_line() -> None:
    with pytest.raises(VerdictError) as caught, Emulator() as copper:
        answering(copper).reply(409, times=1)
        copper.fire("person", "update", ids=1)
        blocked(copper)

    assert str(caught.value).splitlines()[0] == ("copper: rejected (409) and blocked, which the test did not expect")


def test_the_last_line_says_what_to_do_after_the_traceback() -> None:
    with pytest.raises(VerdictError) as caught, Emulator() as copper:
        raising(copper)

    assert str(caught.value).splitlines()[-1].startswith("  Fix the endpoint; or, if it is meant to raise: expect it")


def test_the_blocks_own_failure_is_never_hidden() -> None:
    with pytest.raises(KeyError, match="mine"), Emulator() as copper:
        blocked(copper)
        raise KeyError("mine")


def test_secrets_are_masked_and_the_traceback_is_shown() -> None:
    with pytest.raises(VerdictError) as caught, Emulator() as copper:
        raising(copper)

    assert "no such customer ***" in str(caught.value)
    assert "s3cret-value" not in str(caught.value)
    assert "in broken" in str(caught.value)


def _change_behind_the_tests_back(copper: Copper) -> None:
    """A change that is only recorded, as the API server's thread records what its clients do."""
    create = commands.create(EntityType.TASK, [{"name": "call"}])
    copper._tenant.record(lambda account, now: account.act(create, now, origin="api"))


def test_a_clean_run_with_a_start_time_has_no_verdict() -> None:
    with Emulator(start=datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) as copper:
        answering(copper)
        copper.fire("person", "update", ids=1)
        assert copper.verdict() == ""


# --- the end of a block ---------------------------------------------------------------------------------------------


def failing_at_its_end() -> web.Application:
    """An application that is started and served, and raises when it is shut down."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    async def fail(_app: web.Application) -> None:
        raise LookupError("no such table")

    app = web.Application()
    app.router.add_post("/hooks/copper", answer)
    app.on_cleanup.append(fail)
    return app


def threads() -> set[str]:
    return {each.name for each in threading.enumerate() if each.name.startswith("copper")}


def test_what_an_application_raises_at_its_end_ends_everything_else_all_the_same_and_hides_no_verdict() -> None:
    before = threads()
    with pytest.raises(LookupError, match="no such table") as caught, Emulator() as copper:
        copper.route("https://billing.example.com", to=failing_at_its_end())
        copper.subscribe("person", "update", target=TARGET)
        copper.fire("person", "update", ids=1)
        blocked(copper)

    assert threads() == before
    [note] = caught.value.__notes__
    assert note.startswith("copper: blocked, which the test did not expect")


@pytest.mark.asyncio
async def test_the_same_of_an_asynchronous_block() -> None:
    before = threads()
    with pytest.raises(LookupError, match="no such table") as caught:
        async with AsyncEmulator() as copper:
            copper.route("https://billing.example.com", to=failing_at_its_end())
            copper.subscribe("person", "update", target=TARGET)
            await copper.fire("person", "update", ids=1)
            copper.subscribe("person", "update", target="https://nowhere.example/hook")
            await copper.fire("person", "update", ids=1)

    assert threads() == before
    [note] = caught.value.__notes__
    assert note.startswith("copper: blocked, which the test did not expect")


@pytest.mark.asyncio
async def test_one_emulator_is_in_one_block_at_a_time() -> None:
    emulator, asynchronous = Emulator(), AsyncEmulator()
    with emulator as copper:
        with pytest.raises(
            UsageError, match="this Emulator is in use by a block that has not ended: create another one"
        ):
            emulator.__enter__()
        assert copper.subscribe("person", "new", target=TARGET) in copper.subscriptions
    async with asynchronous:
        with pytest.raises(UsageError, match="this AsyncEmulator is in use"):
            await asynchronous.__aenter__()
