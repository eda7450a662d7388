"""How does a client reach an account over TLS, and whom does it have to trust? Part of both faces."""

from __future__ import annotations

from pathlib import Path

from copper_emulator.shell.host import Host


class OverTls:
    """What a face has of it."""

    _host: Host

    @property
    def tls_api_url(self) -> str:
        """`api_url` over TLS, `https://127.0.0.1:PORT/developer_api/v1`, for a client that trusts `ca_file`."""
        return self._host.tls_url() + "/developer_api/v1"

    @property
    def ca_file(self) -> Path:
        """A file with the certificate to trust, in PEM: `requests.get(url, verify=copper.ca_file)`.

        It is of this run alone, and gone at its end.
        """
        return self._host.ca_file()
