"""The one place where errors become answers: which refusal is each, how is it recorded, and how is it sent?"""

from __future__ import annotations

from aiohttp import web

from copper_emulator.core.errors import ApiError, BadRequest, NotFound, TooLarge, UnknownRoute, UsageError
from copper_emulator.core.model import OTHER_KEY
from copper_emulator.shell.api.answers import refusal_answer
from copper_emulator.shell.api.credentials import directory_of, known_account
from copper_emulator.shell.api.hindering import call_text
from copper_emulator.shell.api.json_answer import JsonAnswer, JsonResponse
from copper_emulator.shell.api.request import ApiRequest
from copper_emulator.shell.api.unknown import other_method_hint, unknown_path_hint
from copper_emulator.shell.listening import MAX_BODY
from copper_emulator.shell.tenant import Tenant


def refusal_for(request: ApiRequest, error: Exception) -> ApiError | None:
    """What an error means for the client of a request; None if it is a fault of the emulator."""
    match error:
        case ApiError():
            return error
        case web.HTTPNotFound():
            return UnknownRoute(hint=unknown_path_hint(request))
        case web.HTTPMethodNotAllowed():
            return UnknownRoute(hint=other_method_hint(request, error.allowed_methods))
        case web.HTTPRequestEntityTooLarge():
            return TooLarge("Request too large", hint=f"The body has more than {MAX_BODY} bytes.")
        case web.HTTPException():
            return BadRequest("Bad Request", hint=error.reason)
        case UsageError():
            # For example because frozen time went back: the test must be told.
            return BadRequest("Bad Request", hint=str(error))
    return None


def refused(request: ApiRequest, error: Exception) -> JsonAnswer | None:
    """The answer to a request that an error ends, which is recorded in the journal; None for the emulator's faults."""
    refusal = refusal_for(request, error)
    if refusal is None:
        return None
    known = known_account(request)
    if known is None:
        directory_of(request).refused(_refusal_text(request, refusal))
        return refusal_answer(refusal)
    tenant = known[0]
    notifying = tenant.notifying_neighbour()
    if notifying is not None and _has_asked_for(notifying, refusal):
        # Its endpoint called, with the wrong key.
        used = f"{OTHER_KEY}, that of {tenant.surface.owner}."
        notifying.refused(_refusal_text(request, refusal, used))
    refusal.hint += _elsewhere(tenant, refusal)
    tenant.refused(_refusal_text(request, refusal))
    return refusal_answer(refusal)


def _has_asked_for(tenant: Tenant, refusal: ApiError) -> bool:
    """Whether the account has the record that the refused call did not find."""
    return isinstance(refusal, NotFound) and refusal.record is not None and tenant.account.has_record(*refusal.record)


def _refusal_text(request: ApiRequest, refusal: ApiError, more: str = "") -> str:
    """A refused call, for the journal."""
    hint = " ".join(filter(None, [refusal.hint, more]))
    return call_text(request, f"{refusal.status} {refusal.message}{f'; {hint}' if hint else ''}")


def _elsewhere(tenant: Tenant, refusal: ApiError) -> str:
    """Which other account of a test has the record that was asked for, to follow the hint; "" if none has."""
    if not isinstance(refusal, NotFound) or refusal.record is None:
        return ""
    owner = tenant.owner_elsewhere(*refusal.record)
    return f" Another open account, that of {owner}, has it: to reach that one, call with its key." if owner else ""


def envelope(error: ApiError) -> JsonResponse:
    """An error in Copper's format, with the emulator's hint in a header."""
    return JsonResponse(refusal_answer(error))


def answer_unhandled(
    _request: web.BaseRequest, status: int, error: BaseException | None, message: str
) -> web.StreamResponse | None:
    """Answer in the envelope what aiohttp refused before any handler ran; its own 500 stays, with its log entry."""
    if status >= 500 or error is None:
        return None
    return envelope(BadRequest("Bad Request", hint=f"This request cannot be answered: {message}"))
