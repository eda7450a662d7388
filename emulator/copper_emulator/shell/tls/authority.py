"""The local authority: the certificate authority that signs the emulator's certificates.

It is unrelated to any real authority, and nothing trusts it unless told to (`copper-emulator ca`).
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
from copper_emulator.shell.tls.authority_files import KeptFiles, authority_folder
from copper_emulator.shell.tls.real_files import check_files
from copper_emulator.shell.tls.trust import known_authorities

if TYPE_CHECKING:
    import trustme

HERE = ("localhost", "127.0.0.1", "::1")
"""The names and addresses by which this machine calls itself."""

HOSTS = (*HERE, *API_HOSTS)
"""The hosts in a certificate by default: this machine, and the two names of Copper's API."""

_EARLIER = timedelta(days=30)
"""How far certificates are backdated, for machines with wrong clocks; they are made anew at each start."""

_LATER = timedelta(days=365)
"""With the backdating, below the 398 days beyond which Apple's systems reject a certificate, whoever signed it."""


class Authority:
    """Issues certificates, and makes the SSL contexts of servers that use them.

    Args:
        made: the trustme authority that signs.
        certificate_file: the file with its certificate, if it is kept on disk.
    """

    def __init__(self, made: trustme.CA, *, certificate_file: Path | None = None) -> None:
        self._made = made
        self.certificate_file = certificate_file

    @classmethod
    def kept(cls, folder: Path | None = None) -> Authority:
        """This user's authority, in `$COPPER_EMULATOR_AUTHORITY` or the user's data folder; created at first use.

        Raises:
            AuthorityError: it cannot be created or read.
        """
        files = KeptFiles(authority_folder() if folder is None else folder)
        found = files.read()
        if found is None:
            # Another process may have been quicker: use what is there now.
            found = files.keep(_pem(_made()))
        return cls(_read(found, files.both), certificate_file=files.certificate(_certificates_in(found)))

    @classmethod
    def temporary(cls) -> Authority:
        """An authority that is not kept beyond this process."""
        return cls(_made())

    @property
    def certificate_pem(self) -> bytes:
        """Its certificate, for clients that are to trust it. The key leaves this object only to be stored."""
        return self._made.cert_pem.bytes()

    def server_context(self, *hosts: str) -> ssl.SSLContext:
        """A context with a new certificate for a server at these names and addresses, by default HOSTS.

        Raises:
            AuthorityError: no certificate can be made for one of them, or OpenSSL could not read it.
        """
        check_files()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # Some clients would prefer HTTP/2, which is not supported.
        context.set_alpn_protocols(["http/1.1"])
        self._issued(hosts or HOSTS).configure_cert(context)
        return context

    def issued_pem(self, *hosts: str) -> bytes:
        """A new key and its certificate, for a server at these names and addresses. Raises AuthorityError."""
        return self._issued(hosts).private_key_and_cert_chain_pem.bytes()

    def bundle(self, path: Path) -> None:
        """Write the authorities this process trusts, and this one, to a PEM file, for SSL_CERT_FILE and the like.

        Raises:
            AuthorityError: the file cannot be written.
        """
        check_files()
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
        # idna's errors are ValueErrors too.
        except ValueError as error:
            raise AuthorityError(f"no certificate can be made for {', '.join(hosts)}: {error}") from None


def _made() -> trustme.CA:
    # The import takes a twentieth of a second, and most runs need no TLS.
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
        # A key that does not belong to the certificate is detected here, not by a client that then trusts nothing. Our
        # key has no password; the empty one keeps OpenSSL from asking for one.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password="")
        made = trustme.CA.from_pem(certificate, key)
    except Exception as error:  # noqa: BLE001 - what a parser raises for broken bytes is not a fixed set
        raise AuthorityError(
            f"{path} is damaged ({_first_line(error)}): delete it, and a new authority is created; whoever trusts the "
            "old one must be given the new one's certificate"
        ) from None
    return made


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
