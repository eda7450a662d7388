"""What would help, given how a notification ended: the same words in `expect`, in the verdict and in `explain`."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import pytest
import requests

from copper_emulator import AsyncEmulator, Copper, Emulator, ExpectationError, Received, Response, VerdictError
from copper_emulator.core.surface import Surface
from copper_emulator.remedies import fix
from tests.shell.endpoints import http_endpoint, raw_endpoint, read_request

ORIGIN = "https://billing.example.com"
TARGET = f"{ORIGIN}/hooks/copper"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def notified(copper: Copper, to: object, *, secret: dict[str, str] | None = None, target: str = TARGET) -> None:
    """Send one person/update notification to an endpoint."""
    copper.route(ORIGIN, to=to)
    copper.subscribe("person", "update", target=target, secret=secret)
    copper.fire("person", "update", ids=17)


def expected(happen: Callable[[Copper], None]) -> list[str]:
    """The lines that `expect` prints about what happened."""
    with Emulator(start=START, strict=False) as copper, pytest.raises(ExpectationError) as caught:
        happen(copper)
        copper.expect("person", "update", ids=17)
    return str(caught.value).splitlines()


def judged(happen: Callable[[Copper], None]) -> list[str]:
    """The lines of the verdict about it."""
    with pytest.raises(VerdictError) as caught, Emulator(start=START) as copper:
        happen(copper)
    return str(caught.value).splitlines()


def explained(happen: Callable[[Copper], None]) -> list[str]:
    """The lines that `explain` returns about it."""
    with Emulator(start=START, strict=False) as copper:
        happen(copper)
        return list(copper.explain(type="person", id=17).lines)


WRONG_SECRET = (
    "Fix the endpoint, or subscribe with the secret it expects: "
    "under a name other than 'key', or with a different value"
)
NO_SUCH_PATH = "Check that the target's path is the webhook's, and that it accepts POST"
OR_SUBSCRIPTION = "; if it looks at `subscription_id`, accept any"


def test_a_secret_may_be_wrong_in_its_name_or_in_its_value() -> None:
    def happen(copper: Copper) -> None:
        notified(copper, lambda request: 401, secret={"key": "s3cret"})

    assert expected(happen)[-1] == f"{WRONG_SECRET}; or, if this is intended, expect it with status=401."
    assert judged(happen)[-1].startswith(f"  {WRONG_SECRET}; or, if this is intended: expect it with status=401")
    assert explained(happen)[-2:] == [
        "The body had the keys subscription_id, event, type, ids, updated_attributes, timestamp, and those of the "
        "secret: 'key'.",
        f"{WRONG_SECRET}.",
    ]


def test_who_was_sent_no_secret_at_all_may_have_wanted_one() -> None:
    def happen(copper: Copper) -> None:
        notified(copper, lambda request: 401)

    none = "Fix the endpoint, or subscribe with the secret it expects: the subscription has none"
    assert expected(happen)[-1] == f"{none}; or, if this is intended, expect it with status=401."
    assert judged(happen)[-1].startswith(f"  {none}; or, if this is intended")
    assert explained(happen)[-1] == f"{none}."


def test_who_looks_at_headers_may_have_wanted_others() -> None:
    def happen(copper: Copper) -> None:
        copper.route(ORIGIN, to=lambda request: 403)
        copper.subscribe("person", "update", target=TARGET, headers={"x-token": "s3cret"})
        copper.fire("person", "update", ids=17)

    assert expected(happen)[-1] == "Fix the endpoint; or, if this is intended, expect it with status=403."


@pytest.mark.parametrize("status", [400, 422])
def test_who_believes_the_sender_needs_no_other_secret(status: int) -> None:
    def happen(copper: Copper) -> None:
        notified(copper, lambda request: status, secret={"key": "s3cret"})

    assert expected(happen)[-1] == f"Fix the endpoint; or, if this is intended, expect it with status={status}."


def test_who_takes_what_was_to_be_refused_is_not_advised_to_expect_that() -> None:
    with Emulator(start=START, strict=False) as copper, pytest.raises(ExpectationError) as caught:
        notified(copper, lambda request: 204, secret={"key": "guessed"})
        copper.expect("person", "update", ids=17, status=401)

    advice = "Have the endpoint compare the secret before anything else, and answer 401."
    assert str(caught.value).splitlines()[-1] == advice


FORMS_TOKEN = "The framework wants the token of its own forms (CSRF), which Copper cannot send: exempt this URL"
NOT_SERVED = "The framework does not serve the host that it was called by, billing.example.com: add it to those allowed"


@pytest.mark.parametrize(
    ("status", "body", "advice"),
    [
        (403, "<h1>Forbidden</h1><p>CSRF verification failed. Request aborted.</p>", FORMS_TOKEN),
        (400, "<h1>Bad Request</h1><p>The CSRF token is missing.</p>", FORMS_TOKEN),
        (400, "<title>DisallowedHost</title> Invalid HTTP_HOST header: ... CSRF_COOKIE_NAME https://", NOT_SERVED),
        (400, "Invalid host header", NOT_SERVED),
        (400, "<p>Host &#39;billing.example.com&#39; is not trusted.</p>", NOT_SERVED),
        (403, "<h1>Blocked hosts: billing.example.com</h1>", NOT_SERVED),
        (400, "<h1>Bad Request (400)</h1><p></p>", "If billing.example.com is not in ALLOWED_HOSTS, add it"),
    ],
    ids=["Django's CSRF", "Flask-WTF", "Django's host", "Starlette", "Flask", "Rails", "Django without DEBUG"],
)
def test_what_a_framework_refuses_by_itself_is_told_from_what_the_endpoint_does(
    status: int, body: str, advice: str
) -> None:
    def happen(copper: Copper) -> None:
        notified(copper, lambda request: Response(status, body=body))

    for said in (expected(happen), judged(happen), explained(happen)):
        assert said[-1].strip().startswith(advice)
        assert "The body had the keys" not in "\n".join(said)


def test_over_a_url_route_it_is_the_routes_host_that_a_framework_sees() -> None:
    def refuse(request: BaseHTTPRequestHandler, _body: bytes) -> int:
        request.send_error(400, "Invalid host header")
        return 0

    with http_endpoint(refuse) as endpoint:

        def happen(copper: Copper) -> None:
            notified(copper, endpoint.url)

        assert "called by, 127.0.0.1: add it" in expected(happen)[-1]


@pytest.mark.parametrize("body", ["Bad Request", "BadRequest in /hooks/copper. CSRF_COOKIE_NAME = 'csrftoken'"])
def test_what_the_endpoint_refuses_itself_is_for_the_endpoint_to_mend(body: str) -> None:
    """Django's debug page lists all settings, also those about CSRF."""

    def happen(copper: Copper) -> None:
        notified(copper, lambda request: Response(400, body=body))

    assert expected(happen)[-1] == "Fix the endpoint; or, if this is intended, expect it with status=400."


@pytest.mark.parametrize(("status", "more"), [(404, OR_SUBSCRIPTION), (405, "")])
def test_where_nothing_takes_a_post_the_path_is_to_be_looked_at(status: int, more: str) -> None:
    def happen(copper: Copper) -> None:
        notified(copper, lambda request: status)

    assert expected(happen)[-1].startswith(f"{NO_SUCH_PATH}{more}; or, if this is intended")
    assert judged(happen)[-1].startswith(f"  {NO_SUCH_PATH}{more}; or, if this is intended")
    assert explained(happen)[-1] == f"{NO_SUCH_PATH}{more}."


@pytest.mark.parametrize(
    ("answer", "leads"),
    [
        (Response(307, headers={"Location": "/hooks/copper/"}), "redirects to /hooks/copper/"),
        (Response(301, headers={"location": f"{ORIGIN}/login?{'x' * 5000}"}), f"redirects to {ORIGIN}/login?xxx"),
        (Response(302), "redirects without a Location"),
    ],
    ids=["a slash", "a long way", "nowhere"],
)
def test_who_redirects_is_told_where_to_and_that_nobody_follows(answer: Response, leads: str) -> None:
    def happen(copper: Copper) -> None:
        notified(copper, lambda request: answer)

    for said in (expected(happen), judged(happen), explained(happen)):
        advice = said[-1].strip()
        assert advice.startswith(f"Subscribe with the final URL: this one {leads}")
        assert "(often because of a trailing slash, or https), and redirects are not followed" in advice
        assert len(advice) < 600


@pytest.mark.parametrize("routed", [True, False])
def test_an_endpoint_that_does_not_listen_is_told_where_to(*, routed: bool) -> None:
    with http_endpoint() as stopped:
        url = stopped.url

    def happen(copper: Copper) -> None:
        if routed:
            notified(copper, url)
        else:
            notified(copper, url, target=url.replace("http:", "https:") + "/hook")

    where = url if routed else url.replace("http:", "https:") + "/hook"
    for said in (expected(happen), judged(happen), explained(happen)):
        assert said[-1].strip().startswith(f"Have the endpoint listen at {where}, or ")


def test_who_closes_a_connection_after_its_answer_may_have_raised_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """As uvicorn does when a background task raises: the next notification has come over the connection already."""
    # Connections are kept where Django is not loaded.
    monkeypatch.delitem(sys.modules, "django.db", raising=False)

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        read_request(connection)
        connection.close()

    def happen(copper: Copper) -> None:
        with raw_endpoint(talk) as endpoint:
            notified(copper, endpoint.url)
            copper.fire("person", "update", ids=17)

    advice = (
        "Fix the endpoint; perhaps something raises after it has answered, in a background task: some servers "
        "(uvicorn) then close the connection, and what has come over it meanwhile gets no answer"
    )
    for said in (judged(happen), explained(happen)):
        assert advice in said[-1]


def test_where_nothing_more_is_known_nothing_is_advised() -> None:
    def happen(copper: Copper) -> None:
        notified(copper, lambda request: 500)

    assert len(explained(happen)) == 2


def test_what_is_right_needs_no_advice() -> None:
    assert len(explained(lambda copper: notified(copper, lambda request: 200))) == 2


@pytest.mark.asyncio
async def test_an_endpoint_is_not_blamed_for_a_call_that_the_test_cancelled() -> None:
    reached = asyncio.Event()

    async def never_answers(request: Received) -> None:
        reached.set()
        await asyncio.Event().wait()

    with pytest.raises(VerdictError) as judged:
        async with AsyncEmulator() as copper:
            copper.route(ORIGIN, to=never_answers)
            copper.subscribe("person", "new", target=TARGET)
            creating = asyncio.create_task(copper.people.create(name="Ada"))
            await reached.wait()
            creating.cancel()
            await asyncio.wait([creating])
            with pytest.raises(ExpectationError) as expected:
                await copper.expect("person", "new")

    advice = (
        "Let the call that was sending it end: the test cancelled or interrupted it, perhaps with a timeout around the "
        "call, so whether the endpoint was notified is unknown; or, if this is intended"
    )
    assert str(expected.value).splitlines()[-1] == f"{advice}, expect it with outcome='unknown'."
    assert str(judged.value).splitlines()[-1].startswith(f"  {advice}: expect it with outcome='unknown', or allow it: ")
    [delivery] = copper.deliveries
    assert fix(delivery, copper._tenant.account, surface=Surface.SERVER).startswith(
        "Make the change again: whether the endpoint was notified "
    )


def test_several_things_to_do_are_told_once_each() -> None:
    def happen(copper: Copper) -> None:
        notified(copper, lambda request: 404)
        copper.fire("person", "update", ids=17)
        copper.subscribe("person", "delete", target="https://nowhere.example/hook")
        copper.fire("person", "delete", ids=17)

    said = "\n".join(explained(happen))
    assert said.count(NO_SUCH_PATH) == 1
    assert said.endswith("Emulator(allow_targets='nowhere.example').")


UNREACHED = (
    "HTTPSConnectionPool(host='api.copper.com', port=443): Max retries exceeded with url: /developer_api/v1/people/17"
)


def cannot_reach_copper(request: Received) -> object:
    """As requests and aiohttp report it."""
    raise requests.ConnectionError(UNREACHED)


def unknown_name(url: str) -> OSError:
    """A client's exception that does not say which name."""
    error = OSError(-2, "Name or service not known")
    error.__cause__ = socket.gaierror(-2, "Name or service not known")
    return error


def cannot_resolve_copper(request: Received) -> object:
    """As httpx and urllib report it: only the endpoint's own line names the host."""
    raise unknown_name("https://api.prosperworks.com/developer_api/v1/people/17")


@pytest.mark.parametrize(
    ("endpoint", "host"), [(cannot_reach_copper, "api.copper.com"), (cannot_resolve_copper, "api.prosperworks.com")]
)
def test_who_calls_coppers_own_host_is_told_how_it_leads_here(
    endpoint: Callable[[Received], object], host: str
) -> None:
    advice = f"Have the endpoint call copper.api_url, or point {host} at the account with copper.intercept()"
    for said in (expected, judged, explained):
        lines = said(lambda copper: notified(copper, endpoint))
        assert lines[-1].strip().startswith(advice), lines


def test_who_had_an_answer_of_coppers_host_has_reached_it() -> None:
    def answered(request: Received) -> object:
        url = "https://api.copper.com/developer_api/v1/people/17"
        raise requests.HTTPError(f"404 Client Error: Not Found for url: {url}", response=requests.Response())

    lines = expected(lambda copper: notified(copper, answered))
    assert lines[-1] == "Fix the endpoint; or, if this is intended, expect it with outcome='failed'."


def fetched(copper: Copper, token: str) -> int:
    """The API's status for a client that asks for a person who does not exist."""
    headers = {**copper.headers, "X-PW-AccessToken": token or copper.token}
    return requests.get(f"{copper.api_url}/people/17", headers=headers, timeout=10).status_code


def fetching(copper: Copper, token: str) -> Callable[[Received], object]:
    """An endpoint that fetches the person from the API, and fails if it is refused."""
    return lambda request: (500, f"Copper said {fetched(copper, token)}")


@pytest.mark.parametrize(
    ("token", "refused"),
    [
        ("", "While it was being notified, the API refused GET /developer_api/v1/people/17: 404 Resource not found"),
        ("wrong", "While it was being notified, the API refused GET /developer_api/v1/people/17: 401 "),
    ],
)
def test_a_call_that_the_api_refused_meanwhile_is_told(token: str, refused: str) -> None:
    def happen(copper: Copper) -> None:
        notified(copper, fetching(copper, token))

    for said in (expected(happen), judged(happen), explained(happen)):
        assert [line for line in said if line.strip().startswith(refused)], said
    assert "\n".join(expected(happen)).count("people/17") == 1


@pytest.mark.parametrize("status", [401, 403, 404, 405, 422, 500])
def test_a_refused_call_is_blamed_and_not_the_path_or_the_secret(status: int) -> None:
    def passing_on(copper: Copper) -> None:
        def hook(_: Received) -> int:
            assert fetched(copper, "") == 404
            return status

        notified(copper, hook)

    advice = "Fix the call that the API refused, or what the endpoint makes of the refusal"
    assert expected(passing_on)[-1] == f"{advice}; or, if this is intended, expect it with status={status}."
    assert judged(passing_on)[-1].startswith(f"  {advice}; or, if this is intended: ")
    assert explained(passing_on)[-1] == f"{advice}."


def test_a_call_that_a_fault_refused_is_not_blamed() -> None:
    def happen(copper: Copper) -> None:
        copper.faults.on("api.status=503")
        notified(copper, lambda _: (500, str(fetched(copper, ""))))

    assert expected(happen)[-1] == "Fix the endpoint; or, if this is intended, expect it with status=500."


def test_a_call_that_was_refused_before_or_after_is_not_the_endpoints() -> None:
    def happen(copper: Copper) -> None:
        fetched(copper, "")
        notified(copper, lambda request: 500)
        fetched(copper, "")

    assert not [line for line in judged(happen) if "API refused" in line]


def test_a_refused_call_stands_in_the_timeline() -> None:
    with Emulator(strict=False) as copper:
        notified(copper, fetching(copper, "wrong"))
        lines = copper.timeline.splitlines()

    assert "api refused GET /developer_api/v1/people/17: 401 " in lines[-2]
    assert "rejected  #1" in lines[-1]


def test_a_call_whose_answer_a_fault_kept_back_is_told() -> None:
    def happen(copper: Copper) -> None:
        def hook(request: Received) -> int:
            requests.get(f"{copper.api_url}/people/17", headers=copper.headers, timeout=0.1)
            return 200

        copper.faults.api.slow("30s")
        notified(copper, hook)

    told = "While it was being notified, the API had not answered GET /people/17 yet: the fault api.slow=30s is on"
    assert any(told in line for line in expected(happen))
