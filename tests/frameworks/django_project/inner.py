"""Django endpoints in the test's transaction: TestCase and `db`, WSGI and ASGI, plain and async views and tests."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.asgi import get_asgi_application
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.test import TestCase, TransactionTestCase

from copper_emulator import AsyncCopper, Copper, Delivery, Emulator, ExpectationError, Outcome
from tests.frameworks.django_project.models import Customer

ORIGIN = "https://billing.example.com"

every_app = pytest.mark.parametrize("make_app", [get_wsgi_application, get_asgi_application], ids=["wsgi", "asgi"])
every_view = pytest.mark.parametrize("view", ["view", "async-view"])


def subscribe(copper: Any, app: object, view: str = "view") -> None:
    copper.route(ORIGIN, to=app)
    copper.subscribe("person", "update", target=f"{ORIGIN}/hooks/{view}")


def is_stale(copper_id: int) -> bool:
    stale: bool = Customer.objects.get(copper_id=copper_id).stale
    return stale


# --- inside the test's transaction ----------------------------------------------------------------------------


@pytest.mark.django_db
@every_app
@every_view
@pytest.mark.parametrize("run", [1, 2], ids=["first", "second"])
def test_uncommitted_rows_are_seen_and_what_the_view_writes_is_rolled_back(
    copper: Copper, make_app: Any, view: str, run: int
) -> None:
    """Run twice: the second run would find anything left behind by the first."""
    assert Customer.objects.count() == 0
    subscribe(copper, make_app(), view)
    Customer.objects.create(copper_id=7)

    copper.fire("person", "update", ids=7)

    (delivery,) = copper.expect("person", "update", ids=7, status=202)
    assert json.loads(delivery.response_body) == {"changed": 1, "url": f"{ORIGIN}/hooks/{view}", "secure": True}
    assert is_stale(7)
    assert connection.in_atomic_block


@pytest.mark.django_db
@every_app
def test_rows_that_the_view_creates_are_the_tests_own(copper: Copper, make_app: Any) -> None:
    subscribe(copper, make_app(), "create")
    copper.fire("person", "update", ids=[7, 8])
    assert sorted(Customer.objects.values_list("copper_id", flat=True)) == [7, 8]
    with transaction.atomic():
        Customer.objects.all().delete()


@pytest.mark.django_db(transaction=True)
@every_app
@every_view
def test_without_a_transaction_around_the_test_rows_are_seen_too(copper: Copper, make_app: Any, view: str) -> None:
    assert Customer.objects.count() == 0
    subscribe(copper, make_app(), view)
    Customer.objects.create(copper_id=7)
    copper.fire("person", "update", ids=7)
    assert is_stale(7)


@pytest.mark.django_db
@every_app
def test_django_goes_on_closing_old_connections_afterwards(copper: Copper, make_app: Any) -> None:
    subscribe(copper, make_app())
    copper.fire("person", "update", ids=7)
    for signal in (request_started, request_finished):
        assert signal.disconnect(close_old_connections)
        signal.connect(close_old_connections)


@pytest.mark.django_db
def test_on_commit_hooks_run_only_when_the_test_captures_them(
    copper: Copper, django_capture_on_commit_callbacks: Any
) -> None:
    subscribe(copper, get_wsgi_application(), "on-commit")
    Customer.objects.create(copper_id=7)
    copper.fire("person", "update", ids=7)
    assert not is_stale(7)

    with django_capture_on_commit_callbacks(execute=True):
        copper.fire("person", "update", ids=7)
    assert is_stale(7)


@pytest.mark.django_db
@pytest.mark.copper(allow=[403])
def test_a_view_that_wants_a_forms_token_is_to_be_exempted(copper: Copper, settings: Any) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.csrf.CsrfViewMiddleware"]
    subscribe(copper, get_wsgi_application(), "not-exempt")
    copper.fire("person", "update", ids=7)

    with pytest.raises(ExpectationError, match=r"which Copper cannot send: exempt .*Django: @csrf_exempt;"):
        copper.expect("person", "update", ids=7)


@pytest.mark.django_db
@pytest.mark.copper(allow=[400])
@pytest.mark.parametrize("debug", [False, True])
def test_a_host_that_is_not_served_is_to_be_added(copper: Copper, settings: Any, *, debug: bool) -> None:
    settings.ALLOWED_HOSTS, settings.DEBUG = ["another.example.com"], debug
    subscribe(copper, get_wsgi_application())
    copper.fire("person", "update", ids=7)

    with pytest.raises(ExpectationError) as caught:
        copper.expect("person", "update", ids=7)

    advice = str(caught.value).splitlines()[-1]
    assert "billing.example.com" in advice
    assert "ALLOWED_HOSTS" in advice
    assert "csrf" not in advice


def run_on_commit(delivery: Delivery) -> None:
    """Run what waits for the commit at the end of a request: the transaction around a test never commits."""
    while connection.run_on_commit:
        _, hook, *_ = connection.run_on_commit.pop(0)
        hook()


@pytest.mark.django_db
def test_on_commit_hooks_run_after_each_delivery_where_the_test_runs_them(copper: Copper) -> None:
    subscribe(copper, get_wsgi_application(), "on-commit")
    copper.after_delivery(run_on_commit)
    for record_id in (7, 8):
        Customer.objects.create(copper_id=record_id)
        copper.fire("person", "update", ids=record_id)
        assert is_stale(record_id)


def customers() -> object:
    return {"person": list(Customer.objects.values_list("copper_id", flat=True))}


@pytest.mark.django_db
def test_a_check_says_that_on_commit_hooks_wait_and_passes_where_the_test_runs_them(copper: Copper) -> None:
    copper.route(ORIGIN, to=get_wsgi_application())
    how: Any = {"only": "answers,batch-2", "types": "person", "no_secret": True, "state": customers}
    waiting = copper.check(f"{ORIGIN}/hooks/create-on-commit", **how)

    assert "is missing from the state" in waiting["answers"].evidence
    told = "1 Django on_commit hook waits for a commit that never comes in a test: run them after each delivery"
    assert waiting["answers"].advice.startswith(told)
    assert '`copper-emulator docs tests`, "Django". ' in waiting["answers"].advice
    assert waiting["batch-2"].advice == "As in row answers."

    connection.run_on_commit.clear()
    # An endpoint that ignores its notifications is wrong for another reason.
    assert "on_commit" not in copper.check(f"{ORIGIN}/hooks/view", **how)["answers"].advice

    copper.after_delivery(run_on_commit)
    assert copper.check(f"{ORIGIN}/hooks/create-on-commit", **how).ok


@pytest.mark.django_db(transaction=True)
def test_a_live_server_is_an_endpoint_like_any_other(copper: Copper, live_server: Any) -> None:
    copper.route(ORIGIN, to=live_server.url)
    copper.subscribe("person", "update", target=f"{ORIGIN}/hooks/live")
    Customer.objects.create(copper_id=7)
    copper.fire("person", "update", ids=7)
    copper.expect("person", "update", ids=7, status=202)
    assert is_stale(7)


class InsideTestCase(TestCase):  # type: ignore[misc]
    """The same for people who write Django's own kind of test."""

    def test_wsgi(self) -> None:
        self.check(get_wsgi_application(), "view")

    def test_wsgi_async_view(self) -> None:
        self.check(get_wsgi_application(), "async-view")

    def test_asgi(self) -> None:
        self.check(get_asgi_application(), "view")

    def test_asgi_async_view(self) -> None:
        self.check(get_asgi_application(), "async-view")

    def check(self, app: object, view: str) -> None:
        assert Customer.objects.count() == 0
        Customer.objects.create(copper_id=7)
        with Emulator() as copper:
            subscribe(copper, app, view)
            copper.fire("person", "update", ids=7)
            copper.expect("person", "update", ids=7, status=202)
        assert is_stale(7)

    def test_on_commit_hooks_are_captured(self) -> None:
        Customer.objects.create(copper_id=7)
        with Emulator() as copper, self.captureOnCommitCallbacks(execute=True):
            subscribe(copper, get_wsgi_application(), "on-commit")
            copper.fire("person", "update", ids=7)
        assert is_stale(7)


class OutsideATransaction(TransactionTestCase):  # type: ignore[misc]
    """Rows are really committed."""

    def test_wsgi(self) -> None:
        InsideTestCase.check(self, get_wsgi_application(), "view")

    def test_asgi(self) -> None:
        InsideTestCase.check(self, get_asgi_application(), "async-view")


# --- exceptions, redirects, requests without a database -------------------------------------------------------------


@every_app
@pytest.mark.parametrize("view", ["broken", "async-broken"])
@pytest.mark.copper(allow={500})
def test_an_exception_that_django_turns_into_a_500_comes_with_its_traceback(
    copper: Copper, make_app: Any, view: str
) -> None:
    subscribe(copper, make_app(), view)
    copper.fire("person", "update", ids=7)
    (delivery,) = copper.deliveries
    assert (delivery.outcome, delivery.status) == (Outcome.REJECTED, 500)
    assert repr(delivery.exception) == "LookupError('no such customer')"
    assert f"in {view.replace('-', '_')}" in str(delivery.traceback)


@pytest.mark.copper(allow={"failed"})
def test_an_exception_that_django_lets_through_is_a_failed_delivery(copper: Copper, settings: Any) -> None:
    settings.DEBUG_PROPAGATE_EXCEPTIONS = True
    subscribe(copper, get_wsgi_application(), "broken")
    copper.fire("person", "update", ids=7)
    assert copper.deliveries[0].outcome is Outcome.FAILED
    assert repr(copper.deliveries[0].exception) == "LookupError('no such customer')"


@every_app
def test_a_view_that_touches_the_database_without_leave_says_so(copper: Copper, make_app: Any) -> None:
    """pytest-django's own refusal is the endpoint's exception."""
    subscribe(copper, make_app())
    copper.fire("person", "update", ids=7)
    copper.expect("person", "update", ids=7, status=500)
    assert "Database access not allowed" in str(copper.deliveries[0].exception)


# --- asynchronous tests -----------------------------------------------------------------------------------------------


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
@every_app
@every_view
@pytest.mark.parametrize("run", [1, 2], ids=["first", "second"])
async def test_an_asynchronous_test_and_its_endpoint_see_the_same_rows(
    copper_async: AsyncCopper, make_app: Any, view: str, run: int
) -> None:
    assert await Customer.objects.acount() == 0
    subscribe(copper_async, make_app(), view)
    await Customer.objects.acreate(copper_id=7)

    await copper_async.fire("person", "update", ids=7)

    await copper_async.expect("person", "update", ids=7, status=202)
    assert (await Customer.objects.aget(copper_id=7)).stale


@pytest.mark.asyncio
async def test_a_blocking_endpoint_runs_in_the_thread_where_django_keeps_its_connection(
    copper_async: AsyncCopper,
) -> None:
    threads: list[object] = []

    def app(_environ: Any, start_response: Any) -> list[bytes]:
        threads.append(threading.current_thread())
        start_response("200 OK", [])
        return []

    subscribe(copper_async, app)
    await copper_async.fire("person", "update", ids=7)
    assert threads == [await sync_to_async(threading.current_thread)()]


@pytest.mark.asyncio
@every_app
@pytest.mark.parametrize("view", ["broken", "async-broken"])
@pytest.mark.copper(allow={500})
async def test_an_exception_comes_with_its_traceback_in_an_asynchronous_test(
    copper_async: AsyncCopper, make_app: Any, view: str
) -> None:
    subscribe(copper_async, make_app(), view)
    await copper_async.fire("person", "update", ids=7)
    (delivery,) = copper_async.deliveries
    assert delivery.status == 500
    assert repr(delivery.exception) == "LookupError('no such customer')"
