"""Everything that can go wrong, in one tree.

    CopperEmulatorError
    ├── ApiError                     answered by the emulated API with a status and Copper's body
    │   ├── BadRequest          400  the body is not what HTTP or JSON allow
    │   ├── Unauthorized        401  no credentials, or unknown ones
    │   ├── NotEnabled          403  a feature that the account has switched off
    │   ├── UnknownRoute        404  no such path or method
    │   ├── NotFound            404  no such record or subscription
    │   ├── TooLarge            413  the body is too large
    │   ├── Invalid             422  a value that Copper refuses
    │   ├── BulkTooLarge        422  more items than a bulk call may have
    │   ├── Misdirected         421  Copper's own host was asked, and nobody intercepts it (any more)
    │   ├── TooManyRequests     429  a limit of calls is used up
    │   ├── NotWritten          503  what was done cannot be written to the state file
    │   └── Faulted                  by a fault that is switched on, with the fault's own status
    └── UsageError                   the emulator was used in a way that cannot work; the text says what to do
        ├── SettingsError            a setting that does not exist or has a value it cannot have
        ├── RouteError               a route that cannot be understood
        ├── TimeError                time asked to stand still, go back, or move inside a delivery
        ├── NotIdle                  something still waits after the longest time allowed
        ├── EchoLoop                 deliveries that cause changes that cause deliveries, without end
        ├── AccountGone              an account of a server that was deleted meanwhile
        ├── StateError               a state file or a snapshot that cannot be read or written
        ├── AuthorityError           the local authority, or a file of authorities, that cannot be made or read
        └── ScenarioError            a scenario file that cannot be understood

Failed expectations, the verdict at the end of a test and failed scenarios are AssertionErrors and live where they are
raised: `expectations.py`, `verdict.py`, `scenarios/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from operator import methodcaller
from typing import Any

from copper_emulator.core.text import field_name


class CopperEmulatorError(Exception):
    """The root of all errors the emulator raises on purpose."""


raised_on_purpose = methodcaller("errisinstance", CopperEmulatorError)
"""A module's `__tracebackhide__`: where such an error ends a test, the traceback shows the test's line, not ours."""


class ApiError(CopperEmulatorError):
    """An answer of the emulated API other than success.

    `status` and `body` are what the client gets; `hint` is for the person behind it and travels in a header of its
    own, so that the body stays as Copper's.
    """

    status = 500

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def body(self) -> dict[str, Any]:
        """The common envelope (recorded: 422 answers)."""
        return {"success": False, "status": self.status, "message": self.message}

    def __str__(self) -> str:
        return f"{self.status} {self.message}" + (f"\n{self.hint}" if self.hint else "")


class BadRequest(ApiError):
    """400: documented as a status, without a body; the common envelope is assumed."""

    status = 400


class Unauthorized(ApiError):
    """401: its body is recorded nowhere; the common envelope is assumed."""

    status = 401

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("Unauthorized", hint=hint)


class NotEnabled(ApiError):
    """403 for what the account has switched off: status and message were met by integrators, its body is assumed."""

    status = 403

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("Feature not enabled", hint=hint)


class UnknownRoute(ApiError):
    """404 with Copper's other envelope (recorded)."""

    status = 404

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("not_found", hint=hint)

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.message}


class NotFound(ApiError):
    """404 for a record or subscription that is not there (its message is compared by a client)."""

    status = 404

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("Resource not found", hint=hint)


class TooLarge(ApiError):
    """413: Copper's limit is not known; the emulator has one of its own."""

    status = 413


VALIDATION = "Invalid input: Validation errors: "
"""What stands before the faults of a refused value (recorded)."""


class Invalid(ApiError):
    """422: a value Copper refuses. Several errors are joined by a line feed (recorded)."""

    status = 422

    def __init__(self, message: str, *, faults: Sequence[tuple[str, str]] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.faults = tuple(faults)

    @classmethod
    def fields(cls, faults: Sequence[tuple[str, str]], *, hint: str = "") -> Invalid:
        """`faults` are attributes and what is wrong with them, like `("type", "can't be blank")`."""
        lines = "\n".join(f"{field_name(name)}: {message}" for name, message in faults)
        return cls(f"{VALIDATION}{lines}", faults=faults, hint=hint)

    @classmethod
    def uri(cls, *, hint: str) -> Invalid:
        """The documented answer to a target that cannot be used."""
        return cls("Invalid input: Invalid URI For External Request", hint=hint)


class BulkTooLarge(ApiError):
    """422 with the documented body, which has the other envelope."""

    status = 422

    def __init__(self, limit: int, *, hint: str = "") -> None:
        super().__init__(f"Request size too large, limit is {limit}", hint=hint)

    @property
    def body(self) -> dict[str, Any]:
        return {"error": self.message}


class Misdirected(ApiError):
    """421: the emulator's own, on a connection to Copper's host that outlived the test that intercepted it."""

    status = 421

    def __init__(self, host: str) -> None:
        super().__init__(
            f"copper-emulator: no test intercepts {host} now. The client kept this connection from one that did",
            hint="Call copper.intercept() in this test, too, or close the client at the end of the test that made it.",
        )


class TooManyRequests(ApiError):
    """429: documented as a status, without a body; the common envelope is assumed."""

    status = 429

    def __init__(self, *, hint: str = "") -> None:
        super().__init__("Too many requests", hint=hint)


class NotWritten(ApiError):
    """503: the emulator's own, where its state file cannot be written."""

    status = 503

    def __init__(self, *, hint: str) -> None:
        super().__init__("Service unavailable", hint=hint)


class Faulted(ApiError):
    """A fault that a tester switched on answers a call. No body is recorded of 5xx; the common envelope is assumed."""

    def __init__(self, status: int, *, hint: str) -> None:
        super().__init__(HTTPStatus(status).phrase.capitalize(), hint=hint)
        self.status = status


class UsageError(CopperEmulatorError):
    """The emulator was used in a way that cannot work."""


class SettingsError(UsageError, ValueError):
    """A setting that does not exist, or a value it cannot have."""


class RouteError(UsageError, ValueError):
    """A route whose origin or destination cannot be understood."""


class TimeError(UsageError, ValueError):
    """Time was asked to stand still, to go back, or to move inside a delivery."""


class NotIdle(UsageError):
    """Something still waits after the longest time that was allowed."""


class EchoLoop(UsageError):
    """Each delivery caused a change that caused the next delivery, deeper than the setting `echo_depth` allows."""


class AccountGone(UsageError):
    """Something was to be done to an account of a server that was deleted meanwhile, or whose server ends."""


class StateError(UsageError):
    """A state file or a snapshot that cannot be read or written; the text says what is wrong with it."""


class AuthorityError(UsageError):
    """The local authority, or a file of authorities to trust, that cannot be made or read."""


class ScenarioError(UsageError, ValueError):
    """A scenario file that cannot be understood; the text names file, line and key."""


# Where users import them from, and what a run's summary should call them.
for _public in (
    CopperEmulatorError,
    ApiError,
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
