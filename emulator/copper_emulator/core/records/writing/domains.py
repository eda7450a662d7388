"""Which domain of a company does an email address have? None at public email services."""

from __future__ import annotations

from collections.abc import Mapping

PUBLIC_DOMAINS = frozenset(
    (
        *("126.com", "163.com", "aol.com", "fastmail.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net"),
        *("googlemail.com", "hey.com", "hotmail.com", "icloud.com", "live.com", "mac.com", "mail.com", "mail.ru"),
        *("me.com", "msn.com", "naver.com", "outlook.com", "proton.me", "protonmail.com", "qq.com", "rocketmail.com"),
        *("t-online.de", "web.de", "yahoo.com", "yandex.ru", "ymail.com", "zoho.com"),
    )
)
"""Domains of public email services, which do not identify a company."""

SUFFIXES = frozenset(
    (
        *("ac.uk", "co.uk", "gov.uk", "ltd.uk", "me.uk", "net.uk", "nhs.uk", "org.uk", "plc.uk", "sch.uk"),
        *("com.au", "edu.au", "gov.au", "id.au", "net.au", "org.au", "ac.nz", "co.nz", "net.nz", "org.nz"),
        *("ac.jp", "co.jp", "go.jp", "ne.jp", "or.jp", "ac.kr", "co.kr", "go.kr", "or.kr", "com.cn", "org.cn"),
        *("ac.in", "co.in", "net.in", "org.in", "com.hk", "com.my", "com.ph", "com.sg", "com.tw", "com.vn"),
        *("co.id", "co.th", "com.bd", "com.pk", "com.sa", "com.tr", "com.ua", "co.il", "org.il", "com.pl", "com.cy"),
        *("co.za", "org.za", "co.ke", "com.eg", "com.gh", "com.ng", "com.ar", "com.br", "net.br", "org.br"),
        *("com.co", "com.ec", "com.mx", "org.mx", "com.pe", "com.uy", "com.ve", "co.cr", "co.at", "or.at"),
    )
)
"""Common suffixes of two labels under which companies register their domains. The whole list (publicsuffix.org) has
thousands of lines and changes often; if a suffix is missing here, a company only gets another name."""


def own_domain(email: Mapping[str, str] | None) -> str | None:
    """The domain that was registered, without subdomains, or None if it does not identify a company."""
    domain = "" if email is None else domain_of(email)
    if domain.startswith("["):
        return None
    labels = domain.split(".")
    registered = labels[-3 if ".".join(labels[-2:]) in SUFFIXES else -2 :]
    own = ".".join(registered)
    return own if registered[0] and own not in PUBLIC_DOMAINS | SUFFIXES else None


def domain_of(email: Mapping[str, str]) -> str:
    """The whole domain of an email address, in lower case."""
    return email["email"].rpartition("@")[2].lower()
