"""Statuses and bodies of the errors, and their class hierarchy."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from copper_emulator.core import errors
from copper_emulator.core.errors import (
    ApiError,
    BadRequest,
    BulkTooLarge,
    CopperEmulatorError,
    Faulted,
    Invalid,
    Misdirected,
    NotFound,
    NotIdle,
    NotWritten,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    UnknownRoute,
    Untrusted,
    UsageError,
    of_hook,
    raised_on_purpose,
)

BODIES: dict[str, tuple[ApiError, int, dict[str, object]]] = {
    "bad request": (
        BadRequest("Bad Request"),
        400,
        {"success": False, "status": 400, "message": "Bad Request"},
    ),
    "by a fault": (
        Faulted(500, hint="..."),
        500,
        {"success": False, "status": 500, "message": "Internal server error"},
    ),
    "unavailable": (
        NotWritten(hint="..."),
        503,
        {"success": False, "status": 503, "message": "Service unavailable"},
    ),
    "unauthorized": (
        Unauthorized(),
        401,
        {"success": False, "status": 401, "message": "Unauthorized"},
    ),
    "untrusted": (
        Untrusted("http://evil.example:2929", "evil.example:2929"),
        403,
        {
            "success": False,
            "status": 403,
            "message": "copper-emulator: neither the Host 'evil.example:2929' nor the Origin "
            "'http://evil.example:2929' is trusted",
        },
    ),
    "unknown route": (UnknownRoute(), 404, {"error": "not_found"}),
    "not found": (
        NotFound(),
        404,
        {"success": False, "status": 404, "message": "Resource not found"},
    ),
    "too large": (TooLarge("big"), 413, {"success": False, "status": 413, "message": "big"}),
    "too many items": (BulkTooLarge(10), 422, {"error": "Request size too large, limit is 10"}),
    "misdirected": (
        Misdirected("api.copper.com"),
        421,
        {
            "success": False,
            "status": 421,
            "message": "copper-emulator: no test intercepts api.copper.com now. "
            "The client kept this connection from a test that did",
        },
    ),
    "too many requests": (
        TooManyRequests(),
        429,
        {"success": False, "status": 429, "message": "Too many requests"},
    ),
    "blank name": (
        Invalid.fields([("name", "can't be blank")]),
        422,
        {
            "success": False,
            "status": 422,
            "message": "Invalid input: Validation errors: Name: can't be blank",
        },
    ),
    "two findings": (
        Invalid.fields([("Base", "Unrecognized attributes specified: url"), ("type", "can't be blank")]),
        422,
        {
            "success": False,
            "status": 422,
            "message": "Invalid input: Validation errors: "
            "Base: Unrecognized attributes specified: url\nType: can't be blank",
        },
    ),
    "bad target": (
        Invalid.uri(hint="use https"),
        422,
        {
            "success": False,
            "status": 422,
            "message": "Invalid input: Invalid URI For External Request",
        },
    ),
}


@pytest.mark.parametrize(("error", "status", "body"), BODIES.values(), ids=BODIES.keys())
def test_an_error_carries_the_answer_of_the_api(error: ApiError, status: int, body: dict[str, object]) -> None:
    assert error.status == status
    assert error.body == body
    assert list(error.body) == list(body)


def test_a_hint_is_for_the_person_and_stays_out_of_the_body() -> None:
    error = NotFound(hint="Look elsewhere.")

    assert error.hint == "Look elsewhere."
    assert "Look" not in str(error.body)
    assert str(error) == "404 Resource not found\nLook elsewhere."


def test_without_a_hint_an_error_is_one_line() -> None:
    assert str(UnknownRoute()) == "404 not_found"


def test_what_is_not_idle_says_why_and_how_to_allow_more() -> None:
    error = NotIdle("1 notification still waiting after 1h", "run_until_idle(limit=...)")

    assert error.why == "1 notification still waiting after 1h"
    assert str(error) == "1 notification still waiting after 1h. Allow more time: run_until_idle(limit=...)."
    assert str(NotIdle("why")) == "why"


def test_everything_raised_on_purpose_has_one_root() -> None:
    tree = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)]

    assert len(tree) == 25
    assert all(issubclass(error, CopperEmulatorError) for error in tree)
    assert not any(issubclass(error, ApiError) and issubclass(error, UsageError) for error in tree)


@pytest.mark.parametrize("name", ["SettingsError", "RouteError", "TimeError", "ScenarioError"])
def test_a_wrong_value_is_a_value_error_too(name: str) -> None:
    assert issubclass(getattr(errors, name), ValueError)


def test_the_docstring_draws_the_tree() -> None:
    for name, thing in vars(errors).items():
        if isinstance(thing, type) and issubclass(thing, CopperEmulatorError):
            assert name in str(errors.__doc__)


def test_our_frames_are_left_out_for_our_own_errors_and_those_of_hooks() -> None:
    """pytest gives what it has found, whose `value` is the exception."""

    def found(error: Exception, *notes: str) -> SimpleNamespace:
        for note in notes:
            error.add_note(note)
        return SimpleNamespace(value=error)

    assert raised_on_purpose(found(Invalid("Name: can't be blank")))
    assert raised_on_purpose(found(KeyError("job"), "while draining", of_hook("drain, for notification 2")))
    assert not raised_on_purpose(found(KeyError("job"), "while draining"))
    assert not raised_on_purpose(found(KeyError("job")))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
@pytest.mark.parametrize(
    "error", [*(error for error, _, _ in BODIES.values()), NotIdle("two wait", "a day")], ids=[*BODIES, "not idle"]
)
def test_errors_can_be_copied_and_sent_to_another_process(
    error: CopperEmulatorError, again: Callable[[CopperEmulatorError], CopperEmulatorError]
) -> None:
    copied = again(error)

    assert (type(copied), str(copied), copied.args) == (type(error), str(error), error.args)
    assert vars(copied) == vars(error)
