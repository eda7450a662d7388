"""Can a file of certificate authorities be trusted: does it exist, and does it contain certificates?"""

from __future__ import annotations

import ssl
from pathlib import Path

from copper_emulator.core.errors import AuthorityError


def trust_file(context: ssl.SSLContext, path: Path) -> None:
    """Make a context trust the certificates of a PEM file. Raises AuthorityError."""
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError:
        raise AuthorityError(
            f"{path} has no certificate in it that can be read: it must be a PEM file (-----BEGIN CERTIFICATE-----)"
        ) from None
    except OSError as error:
        raise AuthorityError(f"{path} cannot be read: {error.strerror or error}") from None


def check_file(path: Path) -> None:
    """Raise AuthorityError for a file that could not be trusted."""
    trust_file(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), path)
