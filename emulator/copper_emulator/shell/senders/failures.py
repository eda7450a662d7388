"""The results of requests that got no answer, with the reason in plain words, above all for TLS errors.

`unanswered` explains aiohttp's errors, the other functions what our own connections have seen.
"""

from __future__ import annotations

import re
import ssl

import aiohttp
from yarl import URL

from copper_emulator.core.model import HAD_ANSWERED, Reason, Result
from copper_emulator.core.tls import MAYBE_TLS, TlsFault

# The numbers are OpenSSL's (X509_V_ERR_*), which Python passes on unchanged.
_CERTIFICATE_FAULTS = {
    2: TlsFault.UNKNOWN_AUTHORITY,
    9: TlsFault.NOT_YET_VALID,
    10: TlsFault.EXPIRED,
    18: TlsFault.SELF_SIGNED,
    19: TlsFault.UNKNOWN_AUTHORITY,
    20: TlsFault.UNKNOWN_AUTHORITY,
    21: TlsFault.UNKNOWN_AUTHORITY,
    62: TlsFault.OTHER_NAME,
    64: TlsFault.OTHER_NAME,
}

_HANDSHAKE_FAULTS = {
    "UNSUPPORTED_PROTOCOL": TlsFault.OLD_VERSION,
    "TLSV1_ALERT_PROTOCOL_VERSION": TlsFault.OLD_VERSION,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": TlsFault.CLIENT_CERTIFICATE,
    # OpenSSL's reasons for bytes that are not TLS; newer versions are less specific.
    "WRONG_VERSION_NUMBER": TlsFault.PLAIN,
    "RECORD_LAYER_FAILURE": TlsFault.PLAIN,
    "HTTP_REQUEST": TlsFault.PLAIN,
    "UNEXPECTED_EOF_WHILE_READING": TlsFault.CUT_OFF,
}

_ADVICE = {
    TlsFault.UNKNOWN_AUTHORITY: "; trust it with --ca FILE (the setting ca), or see copper-emulator ca",
    TlsFault.SELF_SIGNED: "; trust it with --ca FILE (the setting ca), or see copper-emulator ca",
    TlsFault.PLAIN: "; if it is a plain HTTP server, write http://",
    TlsFault.NOT_PLAIN: "; write https://",
}

_ALERT = re.compile(r"(SSLV3|TLSV1|TLSV13)_ALERT_")

_CLOSED = "connection closed without an answer"

_TLS_RECORD = b"\x15\x03"
_TLS_ALERT = ("\\x15\\x03", "\x15\x03")
"""How a TLS alert begins, sent by a TLS server in place of an answer to plain HTTP; error messages have either form."""


def unanswered(error: Exception, url: URL) -> Result:
    """The result of a request that ended with this error of the client's."""
    fault = _tls_fault(error, url)
    if fault is None:
        return Result.failure(_reason(error), f"{url.origin()}: {_text(error, url)}")
    return Result.failure(Reason.TLS, f"{url.origin()}: {_sentence(fault, error, url)}")


def unconnected(error: OSError, url: URL) -> Result:
    """The result when no connection could be made."""
    return Result.failure(Reason.REFUSED, f"{url.origin()}: {_refused(error)}")


def broken_off(url: URL, *, begun: bool, kept: bool) -> Result:
    """The result when the other side closed the connection, after the beginning of an answer or before any.

    `kept` says that an earlier request over the connection had been answered.
    """
    if begun:
        text = "connection closed in the middle of the answer"
    else:
        text = f"{_CLOSED}, though {HAD_ANSWERED}" if kept else _without_answer(url)
    return Result.failure(Reason.BROKEN_OFF, f"{url.origin()}: {text}")


def no_http(complaint: str, begins: bytes, url: URL) -> Result:
    """The result when what came, beginning with these bytes, was not an HTTP answer."""
    if begins == _TLS_RECORD:
        return Result.failure(Reason.TLS, f"{url.origin()}: {TlsFault.NOT_PLAIN}{_ADVICE[TlsFault.NOT_PLAIN]}")
    return Result.failure(Reason.GARBAGE, f"{url.origin()}: not an HTTP answer: {complaint}")


def _tls_fault(error: Exception, url: URL) -> TlsFault | None:
    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _CERTIFICATE_FAULTS.get(cause.verify_code, TlsFault.INVALID)
    if isinstance(cause, ssl.SSLError):
        return _HANDSHAKE_FAULTS.get(cause.reason or "", TlsFault.NO_AGREEMENT)
    if url.scheme == "https":
        reset = isinstance(error, aiohttp.ClientConnectorError) and isinstance(cause, ConnectionError)
        return TlsFault.CUT_OFF if reset and not isinstance(cause, ConnectionRefusedError) else None
    complaint = isinstance(error, aiohttp.ClientResponseError) and any(a in error.message for a in _TLS_ALERT)
    return TlsFault.NOT_PLAIN if complaint else None


def _cause(error: Exception) -> BaseException | None:
    """The error of the operating system or of OpenSSL behind aiohttp's."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error.certificate_error
    if isinstance(error, aiohttp.ClientConnectorError):
        return error.os_error
    return error if isinstance(error, ssl.SSLError) else error.__cause__


def _sentence(fault: TlsFault, error: Exception, url: URL) -> str:
    if fault is TlsFault.OTHER_NAME:
        return f"{fault} {url.host}"
    if fault is TlsFault.INVALID:
        return f"{fault}: {getattr(_cause(error), 'verify_message', '')}"
    if fault is TlsFault.NO_AGREEMENT:
        reason: str = getattr(_cause(error), "reason", None) or str(error)
        return f"{fault}: {_ALERT.sub('', reason).lower().replace('_', ' ')}"
    return fault + _ADVICE.get(fault, "")


def _reason(error: Exception) -> Reason:
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL):
        return Reason.REFUSED
    if isinstance(error, aiohttp.ClientResponseError):
        return Reason.GARBAGE
    return Reason.BROKEN_OFF


def _text(error: Exception, url: URL) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "no such host"
    if isinstance(error, aiohttp.ClientConnectorError):
        return _refused(error.os_error)
    if isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError) or _is_reset(error):
        return _without_answer(url)
    if isinstance(error, aiohttp.ClientResponseError):
        return f"not an HTTP answer: {error.message}".splitlines()[0]
    return str(error) or type(error).__name__


def _refused(error: OSError) -> str:
    return "connection refused" if isinstance(error, ConnectionRefusedError) else str(error)


def _without_answer(url: URL) -> str:
    # Many TLS servers do this when they get plain HTTP, but so do other servers; they cannot be told apart.
    tls = f"; {MAYBE_TLS}" if url.scheme == "http" else ""
    return f"{_CLOSED}{tls}"


def _is_reset(error: Exception) -> bool:
    return isinstance(error, aiohttp.ClientOSError) and isinstance(error.__cause__, ConnectionResetError)
