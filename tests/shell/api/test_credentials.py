"""Credentials: three headers or an OAuth token, on every path of the API; an old key; an account opened by a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copper_emulator import Emulator
from copper_emulator.core.model import Kind
from copper_emulator.shell.api import bulk, definitions, lookups, records, related, searches, webhooks
from tests.shell.api.client import Client, check_refused, common
from tests.shell.served import serving

ROUTES = sorted(
    {
        (route.method, route.path.replace("{id}", "17").replace("{plural}", "tasks"))
        for part in (webhooks, records, searches, bulk, related, lookups, definitions)
        for route in part.routes
    }
)

DOCUMENTED = """
    POST /leads PUT /leads/upsert POST /leads/search GET /leads/17 PUT /leads/17 DELETE /leads/17
    POST /leads/17/convert POST /leads/17/activities POST /leads/bulk_create POST /leads/bulk_update
    POST /people GET /people/17 PUT /people/17 DELETE /people/17 POST /people/search POST /people/fetch_by_email
    POST /people/17/activities POST /people/bulk_create POST /people/bulk_update
    POST /companies GET /companies/17 PUT /companies/17 DELETE /companies/17 POST /companies/search
    POST /companies/17/activities POST /companies/bulk_create POST /companies/bulk_update
    POST /opportunities GET /opportunities/17 PUT /opportunities/17 DELETE /opportunities/17
    POST /opportunities/search POST /opportunities/17/activities POST /opportunities/bulk_create
    POST /projects GET /projects/17 PUT /projects/17 DELETE /projects/17 POST /projects/search
    POST /projects/17/activities
    POST /tasks GET /tasks/17 PUT /tasks/17 DELETE /tasks/17 POST /tasks/search POST /tasks/17/activities
    POST /activities GET /activities/17 PUT /activities/17 DELETE /activities/17 POST /activities/search
    POST /activities/bulk_create GET /activity_types
    GET /account GET /users/17 POST /users/search
    GET /lead_statuses GET /customer_sources GET /loss_reasons GET /contact_types GET /pipelines
    GET /pipeline_stages GET /pipeline_stages/pipeline/17 POST /pipeline_stages/search GET /tags
    GET /custom_field_definitions POST /custom_field_definitions GET /custom_field_definitions/17
    PUT /custom_field_definitions/17 DELETE /custom_field_definitions/17
    GET /custom_activity_types POST /custom_activity_types GET /custom_activity_types/17 PUT /custom_activity_types/17
    GET /people/17/related GET /people/17/related/tasks POST /people/17/related DELETE /people/17/related
    GET /tasks/17/related GET /leads/17/related/tasks POST /opportunities/17/related DELETE /projects/17/related
    GET /companies/17/related GET /webhooks POST /webhooks GET /webhooks/17 PUT /webhooks/17 DELETE /webhooks/17
""".split()  # noqa: SIM905 - a table to be read
"""Method and path of every call that Copper documents and the emulator has."""


@pytest.fixture
def client() -> Iterator[Client]:
    with Emulator() as copper:
        yield Client(copper)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_every_documented_call_is_there_with_and_without_a_slash() -> None:
    pairs = list(zip(DOCUMENTED[::2], DOCUMENTED[1::2], strict=True))
    wanted = {(method, f"/developer_api/v1{path}{slash}") for method, path in pairs for slash in ("", "/")}
    assert wanted - set(ROUTES) == set()


def test_nobody_gets_in_anywhere_without_credentials(client: Client) -> None:
    before = client.state()
    for method, path in ROUTES:
        answer = client.call(method, path, {"name": "Ada"}, headers={})
        check_refused(client, before, answer, 401, "Unauthorized")
        assert answer.hint == (
            "Missing: X-PW-AccessToken, X-PW-Application, X-PW-UserEmail. "
            "Every request needs all three X-PW headers, or Authorization: Bearer <token>."
        )


def test_an_oauth_token_stands_for_the_three_headers_everywhere(client: Client) -> None:
    for method, path in ROUTES:
        with_headers = client.call(method, path, {})
        with_token = client.call(method, path, {}, headers=bearer(client.copper.token))
        assert with_token.status == with_headers.status != 401, (method, path)


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER  {} "])
def test_the_scheme_is_taken_in_any_case(client: Client, header: str) -> None:
    headers = {"Authorization": header.format(client.copper.token)}
    assert client.ok("GET", "/users/me", headers=headers)["email"] == client.copper.headers["X-PW-UserEmail"]


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("Bearer unknown", "belongs to no account here"),
        ("Bearer ", "Authorization must be Bearer <token>; or send the three X-PW headers."),
        ("Bearer", "Authorization must be Bearer <token>; or send the three X-PW headers."),
        ("Basic abc", "Authorization must be Bearer <token>; or send the three X-PW headers."),
        ("Bearer \u00e9", "Not printable UTF-8 text: Authorization"),
    ],
)
def test_another_authorization_is_refused(client: Client, header: str, hint: str) -> None:
    before = client.state()
    answer = client.call("GET", "/developer_api/v1/account", headers={"Authorization": header})
    check_refused(client, before, answer, 401, "Unauthorized")
    assert hint in answer.hint


def test_where_both_are_sent_the_three_headers_count(client: Client) -> None:
    """A proxy may have an authorization of its own."""
    assert client.ok("GET", "/account", extra={"Authorization": "Basic abc"})["id"]
    refused = client.call("GET", "/developer_api/v1/account", extra={"X-PW-Application": "x", **bearer("x")})
    assert refused.status == 401


def test_after_a_switch_the_old_key_is_refused_in_both_ways(client: Client) -> None:
    old_token, old_headers = client.copper.token, client.copper.headers
    ada = client.ok("POST", "/people", {"name": "Ada"})
    client.copper.switch_key()

    for headers in (old_headers, bearer(old_token)):
        answer = client.call("GET", f"/developer_api/v1/people/{ada['id']}", headers=headers)
        assert (answer.status, answer.json) == (401, common(401, "Unauthorized"))
        assert "replaced" in answer.hint
    # The records are the account's, whichever key it has.
    assert client.ok("GET", f"/people/{ada['id']}", headers=bearer(client.copper.token)) == ada


def test_what_was_refused_with_a_token_stands_in_its_accounts_journal(client: Client) -> None:
    client.call("GET", "/developer_api/v1/people/17", headers=bearer(client.copper.token))
    [text] = [entry.text for entry in client.copper.journal if entry.kind is Kind.REFUSED]
    assert text.startswith("GET /developer_api/v1/people/17: 404 Resource not found")


@pytest.mark.asyncio
async def test_an_unknown_token_opens_an_account_on_the_server_without_an_email() -> None:
    async with serving() as served:
        base = f"{served.server.url}/developer_api/v1"
        for token in ("token-a", "token-b"):
            async with served.session.post(f"{base}/people", json={"name": token}, headers=bearer(token)) as response:
                assert response.status == 200
        async with served.session.get(f"{base}/users/me", headers=bearer("token-b")) as response:
            assert (await response.json())["email"] == "you@example.com"

        assert [account.name for account in served.accounts] == ["default", "account-2"]
        # The same token in the headers gives the same account.
        assert (await served.api("GET", "/tags", token="token-a"))[0] == 200
        assert len(served.accounts) == 2


@pytest.mark.asyncio
async def test_a_server_with_fixed_tokens_opens_none() -> None:
    async with serving(tokens=("known",)) as served:
        url = f"{served.server.url}/developer_api/v1/account"
        async with served.session.get(url, headers=bearer("known")) as response:
            assert response.status == 200
        async with served.session.get(url, headers=bearer("unknown")) as response:
            assert response.status == 401
            assert "--token" in response.headers["X-Copper-Emulator-Hint"]
