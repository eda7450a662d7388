"""The control API for the calls of Copper's API: what a service asked for, how often, and what it was answered."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import Any

from pydantic import Field

from copper_emulator.core.call_log import KEPT, ApiCall
from copper_emulator.core.wire import iso
from copper_emulator.shell.control.bases import Shape, Taken
from copper_emulator.shell.control.filters import Statuses
from copper_emulator.shell.control.models import MAX_NUMBER
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.served.account import ServedAccount


class ListApiCalls(Taken):
    """Newest first: the latest, those before a number, or with `after` the first ones after a number."""

    method: str | None = Field(None, min_length=1, max_length=20, description="like GET; the case does not matter")
    status: Statuses | None = Field(None, description="what was answered, like 404 or 4xx")
    text: str | None = Field(
        None, min_length=1, max_length=200, description="found anywhere in the path with its query, ignoring case"
    )
    during: int | None = Field(None, ge=1, le=MAX_NUMBER, description="the serial of a notification")
    before: int | None = Field(None, ge=1, le=MAX_NUMBER, description="older than the call with this number")
    after: int | None = Field(None, ge=0, le=MAX_NUMBER, description="newer than the call with this number")
    limit: int = Field(100, ge=1, le=KEPT)


class ApiCallShape(Shape):
    """One call of Copper's API that named the account."""

    number: int = Field(description="counts from 1, anew after a reset")
    method: str
    path: str = Field(description="as it was sent, with its query; begins after /developer_api/v1")
    status: int | None = Field(description="null while there is no answer, and if there never was one")
    at: str = Field(description="when it arrived, in the account's time")
    during: int | None = Field(
        description="the serial of the notification during whose delivery it came; null if there was none, "
        "and while the clock runs"
    )


class ApiCallsShape(Shape):
    """Calls of Copper's API."""

    calls: list[ApiCallShape] = Field(description="newest first")
    count: int = Field(description=f"how many match, of the latest {KEPT:,}, which are kept")
    older: int = Field(description="how many of these are older than the page")
    newer: int = Field(description="how many of these are newer than the page")
    total: int = Field(description="how many calls there were, whether they are kept and match or not")
    life: str = Field(description="a different one after each reset, when numbers start again")


async def list_api_calls(served: ServedAccount, params: ListApiCalls) -> ApiCallsShape:
    """List a page of the calls of Copper's API that match all filters, newest first."""
    fitting = [call for call in served.tenant.api_calls() if _fits(params, call)]
    first = 0 if params.after is None else bisect_right(fitting, params.after, key=_number)
    end = len(fitting) if params.before is None else bisect_left(fitting, params.before, key=_number)
    if params.after is not None:
        end = min(end, first + params.limit)
    first = max(first, end - params.limit)
    return ApiCallsShape(
        calls=[_shape(call) for call in reversed(fitting[first:end])],
        count=len(fitting),
        older=min(first, len(fitting)),
        newer=max(len(fitting) - end, 0),
        total=served.tenant.account.call_log.total,
        life=served.life,
    )


API_CALL_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "/api-calls", "Calls of Copper's API, newest first", ListApiCalls, ApiCallsShape, list_api_calls),
)

_number = attrgetter("number")


def _fits(params: ListApiCalls, call: ApiCall) -> bool:
    if params.method is not None and call.method != params.method.upper():
        return False
    if params.during is not None and call.during != params.during:
        return False
    if params.text is not None and params.text.casefold() not in call.path.casefold():
        return False
    if params.status is None:
        return True
    lowest, highest = params.status
    return call.status is not None and lowest <= call.status <= highest


def _shape(call: ApiCall) -> ApiCallShape:
    return ApiCallShape(
        number=call.number,
        method=call.method,
        path=call.path,
        status=call.status,
        at=iso(call.at_ms),
        during=call.during,
    )
