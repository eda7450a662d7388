"""Did a framework refuse a notification before the endpoint's own code saw it, and what switches that off?"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from copper_emulator.core.model import Delivery


def about_framework(delivery: Delivery) -> str:
    """What helps against the framework's own refusal, as a sentence without its full stop; empty if it is none."""
    return _about_hosts(delivery) or _about_tokens(delivery)


def _about_hosts(delivery: Delivery) -> str:
    """A framework that serves only certain hosts has been called by another one."""
    if delivery.status not in _HOST_STATUSES:
        return ""
    host = _called(delivery)
    if re.search(_WRONG_HOST, delivery.response_body, re.IGNORECASE):
        return (
            f"The framework does not serve the host that it was called by, {host}: add it to those allowed (Django: "
            "ALLOWED_HOSTS; Starlette and FastAPI: TrustedHostMiddleware; Flask: TRUSTED_HOSTS; Rails: config.hosts)"
        )
    if _DJANGOS_OWN_PAGE in delivery.response_body:
        return (
            f"If {host} is not in ALLOWED_HOSTS, add it: that is how Django answers to other hosts (its loggers "
            "django.security and django.request have the reason)"
        )
    return ""


def _called(delivery: Delivery) -> str:
    """The host that the endpoint sees: that of a URL route, or the target's."""
    return urlsplit(delivery.route if "://" in delivery.route else delivery.target).hostname or ""


_HOST_STATUSES = (400, 403)
_WRONG_HOST = rb"invalid http_host header|invalid host header|\bhost \S+ is not trusted|blocked hosts?:"
"""Django with DEBUG; Starlette; Werkzeug, and so Flask; Rails."""

_DJANGOS_OWN_PAGE = b"<h1>Bad Request (400)</h1>"
"""All that Django says without DEBUG, where it does not say why."""


def _about_tokens(delivery: Delivery) -> str:
    """A framework wanted the token that its own forms have."""
    body = delivery.response_body
    refused = delivery.status in _FORM_STATUSES
    if not refused or _DJANGOS_SETTINGS in body or not re.search(_NO_TOKEN, body, re.IGNORECASE):
        return ""
    return (
        "The framework wants the token of its own forms (CSRF), which Copper cannot send: exempt this URL from that "
        "(Django: @csrf_exempt; Flask-WTF: csrf.exempt; Rails: skip_forgery_protection; Laravel: validateCsrfTokens's "
        "`except`), and check the secret instead"
    )


_FORM_STATUSES = (400, 403, 419, 422)
_NO_TOKEN = rb"csrf|authenticity.?token|page expired"

_DJANGOS_SETTINGS = b"CSRF_COOKIE_NAME"
"""Django's debug page lists all settings, so it speaks of CSRF whatever the error was."""
