"""What `exec` and `serve --proxy` give a program to reach them: a proxy, an authority, files and variables."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

from copper_emulator.cli import WrongUse
from copper_emulator.core.errors import UsageError
from copper_emulator.core.model import DEFAULT_EMAIL
from copper_emulator.core.paths import api_url
from copper_emulator.core.targets import is_copper
from copper_emulator.executing.environment import Reached, child_environment, shell_lines, write_files
from copper_emulator.shell.proxying.proxied import ProxyPlan
from copper_emulator.shell.proxying.proxy import Refused
from copper_emulator.shell.serving.server import Server
from copper_emulator.shell.tls.authority import Authority

TOKEN = "copper-emulator"
"""What programs find in COPPER_EMULATOR_TOKEN by default, if there is no --token."""


def check_allowed(hosts: Sequence[str]) -> None:
    """Raise WrongUse for hosts that --proxy-allow may not name."""
    for host in hosts:
        if is_copper(host):
            raise WrongUse(f"--proxy-allow {host}: nothing ever goes to Copper itself")
        if "*" in host:
            raise WrongUse(f"--proxy-allow {host!r}: name each host by itself; there are no patterns")
        if not (_is_address(host) or re.fullmatch(r"[^/@:\[\]\s]+", host)):
            raise WrongUse(f"--proxy-allow {host!r}: write only the name of a host, like example.com")


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host[1:-1] if host.startswith("[") and host.endswith("]") else host))
    except ValueError:
        return False


class Reaching:
    """`with Reaching(...) as reaching:` has the plan of a proxy and, once a server uses it, the variables for it.

    Args:
        on_refused: called with everything that the proxy refuses.
        tokens: those of the command line; programs get the first.
        port: the proxy's; 0 takes a free one.
        allowed: hosts that it lets through.

    Raises:
        AuthorityError: there is no local authority, and none can be made.
    """

    def __init__(
        self,
        on_refused: Callable[[Refused], object],
        tokens: Sequence[str],
        *,
        port: int = 0,
        allowed: Sequence[str] = (),
    ) -> None:
        self._tokens = tokens
        self._authority = Authority.kept()
        self.plan = ProxyPlan(self._authority, on_refused, "--proxy-allow {host}", port=port, allowed=allowed)
        self._folder = TemporaryDirectory(prefix="copper-emulator-")

    def __enter__(self) -> Reaching:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def environment(self, server: Server) -> dict[str, str]:
        """This process's variables, with those that lead to the server. Raises AuthorityError or OSError."""
        return child_environment(os.environ, self._reached(server)) | self._own(server)

    def shell_file(self, server: Server) -> tuple[Path, dict[str, str]]:
        """A file for a shell to source, and the variables that it sets. Raises AuthorityError or OSError."""
        reached, own = self._reached(server), self._own(server)
        file = reached.folder / "environment.sh"
        file.write_text("\n".join([*shell_lines(reached, own), ""]), encoding="utf-8", errors="surrogateescape")
        return file, child_environment({}, reached) | own

    def _reached(self, server: Server) -> Reached:
        if server.proxied is None:
            raise UsageError("the server has no proxy")
        folder = Path(self._folder.name)
        certificate = folder / "authority.pem"
        certificate.write_bytes(self._authority.certificate_pem)
        reached = Reached(server.proxied.url, server.proxied.tls, certificate, folder, refuses=True)
        self._authority.bundle(reached.bundle)
        write_files(reached)
        return reached

    def _own(self, server: Server) -> dict[str, str]:
        token = self._tokens[0] if self._tokens else os.environ.get("COPPER_EMULATOR_TOKEN", TOKEN)
        return {
            "COPPER_EMULATOR_URL": server.url,
            "COPPER_EMULATOR_API_URL": api_url(server.url),
            "COPPER_EMULATOR_TOKEN": token,
            "COPPER_EMULATOR_EMAIL": os.environ.get("COPPER_EMULATOR_EMAIL", DEFAULT_EMAIL),
        }
