"""What can be wrong with an endpoint's TLS, in the words that a delivery uses.

The sender determines which fault it is; the advice on how to fix it is given where the delivery is shown.
"""

from __future__ import annotations

from enum import StrEnum

MAYBE_TLS = "if it is a TLS server, write https://"
"""A hint for a port that closes plain HTTP connections, as many TLS servers and broken applications do."""


class TlsFault(StrEnum):
    """The sentence that the text of a delivery contains."""

    EXPIRED = "its certificate has expired"
    NOT_YET_VALID = "its certificate is not valid yet"
    OTHER_NAME = "its certificate is not valid for"
    UNKNOWN_AUTHORITY = "its certificate is from an authority that is not trusted here"
    SELF_SIGNED = "its certificate is self-signed, and not trusted here"
    INVALID = "its certificate is not accepted"
    OLD_VERSION = "it does not support TLS 1.2 or later; older versions are not safe"
    CLIENT_CERTIFICATE = "it asks for a client certificate, and there is none"
    NO_AGREEMENT = "the TLS handshake with it fails"
    CUT_OFF = "it closed the connection during the TLS handshake"
    PLAIN = "this port does not speak TLS"
    NOT_PLAIN = "this port speaks TLS, and was sent plain HTTP"

    @classmethod
    def named_in(cls, text: str) -> TlsFault | None:
        """The fault that a delivery's text contains; None if it contains none."""
        return next((fault for fault in cls if fault in text), None)
