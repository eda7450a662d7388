"""Who vouches for the emulator's certificates, and whom does it believe: the local authority.

It has nothing to do with any real one, and nothing trusts it that was not told to (`copper-emulator ca`).
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from copper_emulator.core.errors import AuthorityError
from copper_emulator.core.moments import to_datetime
from copper_emulator.interception.hosts import HOSTS as API_HOSTS
from copper_emulator.shell.clock import real_now
from copper_emulator.shell.tls.keeping import KeptFiles, authority_folder
from copper_emulator.shell.tls.trust import known_authorities

if TYPE_CHECKING:
    import trustme

HERE = ("localhost", "127.0.0.1", "::1")
"""This machine, by the names and addresses that it has for itself."""

HOSTS = (*HERE, *API_HOSTS)
"""Whom a certificate is for where nobody is named: this machine, and Copper's API under its two names."""

_EARLIER = timedelta(days=30)
"""Before the present, for machines whose clocks are wrong; certificates are new with each start."""

_LATER = timedelta(days=365)
"""Together below the 398 days beyond which Apple's systems take no certificate, whoever vouches for it."""


class Authority:
    """Makes the contexts of servers with its certificates, and of clients that trust them.

    Args:
        made: what signs.
        certificate_file: where its certificate is for others to read, where it is kept.
    """

    def __init__(self, made: trustme.CA, *, certificate_file: Path | None = None) -> None:
        self._made = made
        self.certificate_file = certificate_file

    @classmethod
    def kept(cls, folder: Path | None = None) -> Authority:
        """The one of this user, in `$COPPER_EMULATOR_AUTHORITY` or the folder for programs' data; made at first use.

        Raises:
            AuthorityError: it cannot be made or read.
        """
        files = KeptFiles(authority_folder() if folder is None else folder)
        found = files.read()
        if found is None:
            # Somebody else may have been quicker: what is there now counts.
            found = files.keep(_pem(_made()))
        return cls(_read(found, files.both), certificate_file=files.certificate(_certificates_in(found)))

    @classmethod
    def temporary(cls) -> Authority:
        """One that ends with this process."""
        return cls(_made())

    @property
    def certificate_pem(self) -> bytes:
        """Its certificate, for those who are to trust it. The key leaves this object only to be kept."""
        return self._made.cert_pem.bytes()

    def server_context(self, *hosts: str) -> ssl.SSLContext:
        """For a server at these names and addresses, HOSTS without any, with a new certificate.

        Raises:
            AuthorityError: one of them is no name that a certificate could be for.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Some clients would like HTTP/2, which is not spoken here.
        context.set_alpn_protocols(["http/1.1"])
        self._issued(hosts or HOSTS).configure_cert(context)
        return context

    def issued_pem(self, *hosts: str) -> bytes:
        """A new key and the certificate for it, for a server at these names and addresses. Raises AuthorityError."""
        return self._issued(hosts).private_key_and_cert_chain_pem.bytes()

    def bundle(self, path: Path) -> None:
        """Write what this process trusts, and this authority, into one PEM file, for SSL_CERT_FILE and the like."""
        try:
            path.write_bytes(b"".join([*known_authorities(), self.certificate_pem]))
        except OSError as error:
            raise AuthorityError(f"{path} cannot be written: {error.strerror or error}") from None

    def _issued(self, hosts: Sequence[str]) -> trustme.LeafCert:
        now = to_datetime(real_now())
        try:
            return self._made.issue_cert(
                *hosts,
                organization_name="copper-emulator",
                organization_unit_name="a certificate of the local authority",
                not_before=now - _EARLIER,
                not_after=now + _LATER,
            )
        # idna's errors are ValueErrors, too.
        except ValueError as error:
            raise AuthorityError(f"no certificate can be made for {', '.join(hosts)}: {error}") from None


def _made() -> trustme.CA:
    # Takes a twentieth of a second to import, and most runs need no TLS.
    import trustme

    return trustme.CA(path_length=0, organization_name="copper-emulator", organization_unit_name="local authority")


def _pem(made: trustme.CA) -> bytes:
    return made.private_key_pem.bytes() + made.cert_pem.bytes()


_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def _certificates_in(pem: bytes) -> bytes:
    start, end = pem.find(_BEGIN), pem.find(_END)
    return pem[start : end + len(_END)] + b"\n" if -1 < start < end else b""


def _read(pem: bytes, path: Path) -> trustme.CA:
    import trustme

    certificate, key = _certificates_in(pem), pem.partition(_BEGIN)[0]
    try:
        # A key that is not the certificate's is found out here, and not by a client that trusts nothing of it. Ours has
        # no password, and nobody is to be asked for one.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password="")
        made = trustme.CA.from_pem(certificate, key)
    except Exception as error:  # noqa: BLE001 - what a parser makes of broken bytes is no fixed set
        raise AuthorityError(
            f"{path} is damaged ({_first_line(error)}): delete it, a new authority is made; "
            "those who trust the old one must be given the new one's certificate"
        ) from None
    return made


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
