"""What do the faults of an account make of a call of its API? It is slow, is refused, or is never answered.

A held call is cut off when its account or the server ends, because nobody waits for it then.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

from aiohttp import web

from copper_emulator.core.errors import BadRequest, Faulted
from copper_emulator.core.fault import FaultName
from copper_emulator.shell.api.receiving import body_of
from copper_emulator.shell.api.request import ApiRequest
from copper_emulator.shell.check_support import LateAnswer
from copper_emulator.shell.clock import monotonic
from copper_emulator.shell.listening import has_gone
from copper_emulator.shell.tenant import Tenant

LONGEST = 60.0
"""Seconds of real time for which a call hangs at most: a client without patience of its own must not hang for ever."""


class CutOff(Exception):
    """The connection of a call has been cut off: nobody gets an answer."""


def may_be_hindered(tenant: Tenant) -> bool:
    """Whether anything could come between a call of this account and its answer."""
    return tenant.account.faults.has_call_faults or tenant.check_options.late_answer is not None


async def hindered(
    tenant: Tenant, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse | None:
    """What a call is answered instead, if it is; it may take its time.

    Raises Faulted where a fault refuses it, and CutOff where it gets no answer.
    """
    is_unhindered = tenant.check_options.is_unhindered
    if is_unhindered is not None and is_unhindered(request.path):
        return None
    for fault in tenant.meet_faults():
        if fault.name is FaultName.API_SLOW:
            # It has arrived: what is slow is done, though nobody waits for its answer any more. The handler tells of a
            # body that cannot be read.
            with suppress(BadRequest):
                await body_of(request)
            if not await _held_back(tenant, fault.span_ms / 1000):
                raise _cut_off(request)
        elif fault.name is FaultName.API_HANG:
            tenant.refused(call_text(request, f"never answered; {fault.blame}"))
            await _hanging(tenant, request)
            raise _cut_off(request)
        else:
            raise Faulted(fault.status, hint=fault.blame)
    late = tenant.check_options.late_answer
    if late is None:
        return None
    if late.is_taken:
        late.passed()
        return None
    late.is_taken = True
    try:
        answer = await handler(request)
        late.made()
        return await _late(tenant, late, request, answer)
    finally:
        late.has_arrived = True


async def _late(
    tenant: Tenant, late: LateAnswer, request: web.Request, answer: web.StreamResponse
) -> web.StreamResponse:
    if not await tenant.held_calls.hold(LONGEST, late.arrives):
        raise _cut_off(request)
    return answer


def call_text(request: ApiRequest, came: str) -> str:
    """A call and what came of it, for the journal.

    Every terminal and file can take it: bytes that were no UTF-8 in a path are shown as escapes.
    """
    return f"{request.method} {request.path}: {came}".encode("utf-8", "backslashreplace").decode()


async def _held_back(tenant: Tenant, seconds: float) -> bool:
    measured = tenant.check_measurements
    measured.api_calls_held += 1
    measured.most_api_calls_held = max(measured.most_api_calls_held, measured.api_calls_held)
    try:
        return await tenant.held_calls.hold(seconds)
    finally:
        measured.api_calls_held -= 1


async def _hanging(tenant: Tenant, request: web.Request) -> None:
    began = monotonic()
    if await tenant.held_calls.hold(LONGEST, partial(has_gone, request)) and has_gone(request):
        tenant.check_measurements.gave_up_after = monotonic() - began


def _cut_off(request: web.Request) -> CutOff:
    if request.transport is not None:
        request.transport.abort()
    return CutOff()
