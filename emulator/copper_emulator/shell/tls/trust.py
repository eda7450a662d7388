"""Which authorities deliveries trust: those this machine trusts, the emulator's own, and those in given files."""

from __future__ import annotations

import os
import re
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from copper_emulator.ca_files import trust_file
from copper_emulator.executing.ca_variables import NAMING


class Trust:
    """Makes the SSL contexts for sending notifications to https:// endpoints.

    Args:
        kept: returns the certificate of the local authority kept on disk, or None if there is none yet.
    """

    def __init__(self, kept: Callable[[], bytes | None] = lambda: None) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._own: list[bytes] = []
        self._contexts: dict[object, ssl.SSLContext] = {}

    def add(self, certificate_pem: bytes) -> None:
        """Trust this authority, too."""
        with self._lock:
            self._own.append(certificate_pem)

    def context(self, files: tuple[str, ...] = ()) -> ssl.SSLContext:
        """A context that trusts the system's authorities, our own and those in the files. Raises AuthorityError."""
        kept = self._kept()
        with self._lock:
            own = (*self._own, *(() if kept is None else (kept,)))
            # A file that was rewritten needs a new context.
            key = (own, tuple((path, _changed(path)) for path in files))
            if key not in self._contexts:
                self._contexts[key] = trusting(*own, files=files)
            return self._contexts[key]


def trusting(*certificates: bytes, files: Iterable[Path | str] = ()) -> ssl.SSLContext:
    """A verifying client context that trusts the system's authorities, these certificates and those in the files.

    Raises:
        AuthorityError: a file cannot be read, or has no certificate in it.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The same on every Python: 3.13 began to reject certificates that most other clients accept, and to trust a given
    # certificate even if its issuer is not trusted.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    for certificate in certificates:
        context.load_verify_locations(cadata=certificate.decode("ascii"))
    for path in files:
        trust_file(context, Path(path))
    return context


def known_authorities() -> list[bytes]:
    """Each authority once, as PEM: those that Python, requests and programs that read the variables in NAMING trust.

    Duplicates are found by comparing text: parsing a few hundred certificates takes a quarter of a second.
    """
    found: dict[bytes, bytes] = {}
    for path in _files():
        # An unreadable file is not for us to report: the programs that need it will.
        with suppress(OSError):
            for each in _CERTIFICATE.findall(path.read_bytes()):
                found.setdefault(b"".join(each.split()), each + b"\n")
    return [*_kept_elsewhere(), *found.values()]


_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


def _kept_elsewhere() -> list[bytes]:
    """The authorities of a system that does not keep them in files, like Windows."""
    system = ssl.get_default_verify_paths()
    if system.cafile is not None or system.capath is not None:
        return []
    held = ssl.create_default_context().get_ca_certs(binary_form=True)
    return [ssl.DER_cert_to_PEM_cert(each).encode("ascii") for each in held]


def _changed(path: str) -> int | None:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None


def _files() -> Iterator[Path]:
    system = ssl.get_default_verify_paths()
    if system.cafile is not None:
        yield Path(system.cafile)
    elif system.capath is not None:
        yield from sorted(Path(system.capath).glob("*.pem"))
    yield from _named_files()


def _named_files() -> Iterator[Path]:
    for name in NAMING:
        if os.environ.get(name):
            yield Path(os.environ[name])
    if find_spec("certifi") is not None:
        # requests and httpx trust certifi's authorities instead of the system's.
        import certifi

        yield Path(certifi.where())
