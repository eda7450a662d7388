"""A library that mocks or forbids HTTP is named where it refused a call that an endpoint made to the emulator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from copper_emulator import Emulator, ExpectationError, Received
from copper_emulator.mocking_refusals import about_mocking

LET_PASS = (
    "The endpoint's call to {0} was refused in this process by vcrpy: let {0} pass{1} (`copper-emulator docs tests`, "
    '"Beside libraries that mock HTTP")'
)


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("", LET_PASS.format("127.0.0.1", "")),
        ("https://api.copper.com/account", LET_PASS.format("api.copper.com", ", with copper.intercept()")),
        ("https://other.example.com/", "Fix the endpoint"),
    ],
    ids=["the emulator", "Copper", "another"],
)
def test_a_failed_expectation_says_what_to_let_pass(url: str, advice: str) -> None:
    vcr: Any = pytest.importorskip("vcr")
    requests: Any = pytest.importorskip("requests")
    with Emulator(strict=False) as copper, pytest.raises(ExpectationError) as caught:

        def hook(_: Received) -> None:
            requests.get(url or copper.api_url, headers=copper.headers, timeout=10)

        copper.route("https://app.example", to=hook)
        copper.subscribe("person", "update", target="https://app.example/hook")
        with vcr.use_cassette("nowhere.yaml", record_mode="none"):
            copper.fire("person", "update", ids=17)
        copper.expect("person", "update", ids=17)

    assert str(caught.value).splitlines()[-1] == f"{advice}; or, if this is intended, expect it with outcome='failed'."


def raising_in(module: str) -> Callable[[str], None]:
    """A function of that module which raises what a client would."""
    names: dict[str, Any] = {"__name__": module}
    exec("def refuse(text): raise ConnectionError(text)", names)
    refuse: Callable[[str], None] = names["refuse"]
    return refuse


@pytest.mark.parametrize(
    ("module", "text", "says"),
    [
        ("respx.router", "not mocked: http://127.0.0.1:4711/", "by respx: let 127.0.0.1 pass ("),
        ("pytest_httpx", "nothing for https://api.copper.com/", "by pytest-httpx: let api.copper.com pass, with "),
        ("pytest_socket", "A test tried to use socket.socket.", "by pytest-socket: let 127.0.0.1 pass ("),
        ("responses", "no mock for https://payments.example.com/", ""),
        ("some_client", "no answer from http://127.0.0.1:4711/", ""),
    ],
)
def test_what_counts_is_whose_code_has_raised_and_about_which_host(module: str, text: str, says: str) -> None:
    with pytest.raises(ValueError, match="the client's own") as caught:
        try:
            raising_in(module)(text)
        except ConnectionError as error:
            raise ValueError("the client's own") from error

    advice = about_mocking(caught.value)

    assert says in advice
    assert bool(says) == bool(advice)
