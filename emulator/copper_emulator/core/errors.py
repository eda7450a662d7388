"""All errors that the emulator raises on purpose, in one tree.

    CopperEmulatorError
    ├── ApiError                     answered by the emulated API with a status and Copper's body
    │   ├── BadRequest          400  the body is not valid HTTP or JSON
    │   ├── Unauthorized        401  credentials missing or unknown
    │   ├── NotEnabled          403  a feature that the account has switched off
    │   ├── Untrusted           403  a browser calls the server under a name that is not trusted
    │   ├── UnknownRoute        404  no such path or method
    │   ├── NotFound            404  no such record or subscription
    │   ├── TooLarge            413  the body is too large
    │   ├── Invalid             422  a value that Copper rejects
    │   ├── BulkTooLarge        422  more items than a bulk call may have
    │   ├── Misdirected         421  a request to Copper's own host that no test intercepts (any more)
    │   ├── TooManyRequests     429  an API call limit is exhausted
    │   ├── NotWritten          503  what was done cannot be written to the state file
    │   └── Faulted                  an active fault answers, with its own status
    └── UsageError                   the emulator was used in a way that cannot work; the text says what to do
        ├── SettingsError            an unknown setting, or a value that it cannot have
        ├── RouteError               a route that cannot be understood
        ├── TimeError                an attempt to stop time, turn it back, or move it inside a delivery
        ├── NotIdle                  something is still waiting after the longest time allowed
        ├── EchoLoop                 deliveries that cause changes that cause deliveries, without end
        ├── AccountGone              the account was deleted from its server in the meantime
        ├── StateError               a state file or a snapshot that cannot be read or written
        ├── AuthorityError           the local authority, or a file of authorities, that cannot be made or read
        └── ScenarioError            a scenario file that cannot be understood

Failed expectations, the verdict at the end of a test and failed scenarios are AssertionErrors; they are defined where
they are raised: `claiming.py`, `verdict.py`, `scenarios/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from copper_emulator.core.text import field_name


class CopperEmulatorError(Exception):
    """The root of all errors the emulator raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # By default, copy and pickle call the constructor with the message, which most of these do not take. In a pool
        # of processes, an error that cannot be made again in the parent is lost, and some pools wait for it for ever.
        return _made_again, (type(self), self.args), self.__dict__


def _made_again(kind: type[CopperEmulatorError], args: tuple[Any, ...]) -> CopperEmulatorError:
    return kind.__new__(kind, *args)


_OF_HOOK = "Raised by your after_delivery hook "


def of_hook(which: str) -> str:
    """The note for an exception that a test's own hook has raised: which hook it was, and for what it was called."""
    return f"{_OF_HOOK}{which}."


def raised_on_purpose(found: Any) -> bool:
    """A module's `__tracebackhide__`: whether pytest leaves its frames out of the traceback of a failed test.

    It does for our own errors, so that the test's line is shown, not ours, and for those that a test's hook has raised.
    """
    notes = getattr(found.value, "__notes__", ())
    return isinstance(found.value, CopperEmulatorError) or any(str(note).startswith(_OF_HOOK) for note in notes)


class ApiError(CopperEmulatorError):
    """Any answer of the emulated API other than success.

    `status` and `body` are what the client gets; `hint` is advice for its developer, sent in a separate header so that
    the body stays Copper's.
    """

    status = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def body(self) -> dict[str, Any]:
        """Copper's common error envelope (recorded: 422 answers)."""
        return {"success": False, "status": self.status, "message": self.message}

    def __str__(self) -> str:
        return f"{self.status} {self.message}" + (f"\n{self.hint}" if self.hint else "")


class BadRequest(ApiError):
    """400: the status is documented, the body is not; the common envelope is assumed."""

    status = 400


class Unauthorized(ApiError):
    """401: no body is recorded; the common envelope is assumed."""

    status = 401

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("Unauthorized", hint=hint)


class NotEnabled(ApiError):
    """403 for a feature switched off: status and message were reported by integrators, the body is assumed."""

    status = 403

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("Feature not enabled", hint=hint)


class Untrusted(ApiError):
    """403, not from Copper: a browser calls the server under a name that is not trusted."""

    status = 403

    def __init__(self, origin: str, host: str) -> None:
        super().__init__(
            f"copper-emulator: neither the Host {host!r} nor the Origin {origin!r} is trusted",
            hint="From a browser, call this server as 127.0.0.1 or localhost, or start it with copper-emulator serve "
            "--trusted-host NAME.",
        )


class UnknownRoute(ApiError):
    """404 with Copper's other envelope (recorded)."""

    status = 404

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("not_found", hint=hint)

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.message}


class NotFound(ApiError):
    """404 for a record or subscription that does not exist (a client compares its message).

    `record` is the type and the id of the record, if it was one that was asked for.
    """

    status = 404

    def __init__(self, *, hint: str = "", record: tuple[str, object] | None = None) -> None:
        super().__init__("Resource not found", hint=hint)
        self.record = record


class TooLarge(ApiError):
    """413: Copper's limit is not known, so the emulator has its own."""

    status = 413


VALIDATION = "Invalid input: Validation errors: "
"""What precedes the mistakes of a rejected value (recorded)."""


class Invalid(ApiError):
    """422: a value that Copper rejects. Several errors are joined by a line feed (recorded)."""

    status = 422

    def __init__(self, message: str, *, mistakes: Sequence[tuple[str, str]] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.mistakes = tuple(mistakes)

    @classmethod
    def fields(cls, mistakes: Sequence[tuple[str, str]], *, hint: str = "") -> Invalid:
        """Build from `mistakes`, pairs of an attribute and what is wrong with it, like `("type", "can't be blank")`."""
        lines = "\n".join(f"{field_name(name)}: {message}" for name, message in mistakes)
        return cls(f"{VALIDATION}{lines}", mistakes=mistakes, hint=hint)

    @classmethod
    def uri(cls, *, hint: str) -> Invalid:
        """The documented answer to a target that cannot be used."""
        return cls("Invalid input: Invalid URI For External Request", hint=hint)


class BulkTooLarge(ApiError):
    """422 with the documented body, which uses Copper's other envelope."""

    status = 422

    def __init__(self, limit: int, *, hint: str = "") -> None:
        super().__init__(f"Request size too large, limit is {limit}", hint=hint)

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.message}


class Misdirected(ApiError):
    """421, not from Copper: a client's connection to Copper's host outlived the test that intercepted it."""

    status = 421

    def __init__(self, host: str) -> None:
        super().__init__(
            f"copper-emulator: no test intercepts {host} now. The client kept this connection from a test that did",
            hint="Call copper.intercept() in this test, too, or close the client at the end of the test that made it.",
        )


class TooManyRequests(ApiError):
    """429: the status is documented, the body is not; the common envelope is assumed."""

    status = 429

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("Too many requests", hint=hint)


class NotWritten(ApiError):
    """503, not from Copper: the emulator's state file cannot be written."""

    status = 503

    def __init__(self, *, hint: str) -> None:
        super().__init__("Service unavailable", hint=hint)


class Faulted(ApiError):
    """A call answered by a fault the tester switched on. No 5xx body is recorded; the common envelope is assumed."""

    def __init__(self, status: int, *, hint: str) -> None:
        super().__init__(HTTPStatus(status).phrase.capitalize(), hint=hint)
        self.status = status


class UsageError(CopperEmulatorError):
    """The emulator was used in a way that cannot work."""


class SettingsError(UsageError, ValueError):
    """An unknown setting, or a value that it cannot have."""


class RouteError(UsageError, ValueError):
    """A route whose origin or destination cannot be understood."""


class TimeError(UsageError, ValueError):
    """An attempt to stop time, to turn it back, or to move it inside a delivery."""


class NotIdle(UsageError):
    """Something is still waiting after the longest time that was allowed.

    Args:
        why: what is waiting, without a full stop.
        more: how to allow more time.
    """

    code = "not_idle"
    """Its name for programs, in the control API."""

    def __init__(self, why: str, more: str = "") -> None:
        super().__init__(f"{why}. Allow more time: {more}." if more else why)
        self.why = why


class EchoLoop(UsageError):
    """Each delivery caused a change that caused the next delivery, deeper than the setting `echo_depth` allows."""


class AccountGone(UsageError):
    """An account was used after it was deleted from its server, or after its server ended."""


class StateError(UsageError):
    """A state file or a snapshot that cannot be read or written; the text says what is wrong with it."""


class AuthorityError(UsageError):
    """The local authority, or a file of authorities to trust, that cannot be made or read."""


class ScenarioError(UsageError, ValueError):
    """A scenario file that cannot be understood; the text names file, line and key."""


# Users import these from the package, so tracebacks and a run's summary should name it.
for _public in (
    CopperEmulatorError,
    ApiError,
    BadRequest,
    NotEnabled,
    NotFound,
    Invalid,
    UsageError,
    SettingsError,
    RouteError,
    TimeError,
    NotIdle,
    EchoLoop,
    ScenarioError,
):
    _public.__module__ = "copper_emulator"
del _public
