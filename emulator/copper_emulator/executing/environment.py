"""Which variables make a program's calls to Copper reach the emulator, whatever language it is written in?

A proxy and a file of authorities are enough for most; the rest is for runtimes that heed neither by themselves.
docs/hosts.md says what reaches which runtime.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from copper_emulator.executing.ca_variables import ADDING, REPLACING
from copper_emulator.interception.variables import CA, INTERCEPT

LOOPBACK = "localhost,127.0.0.1,::1"

REFUSES = "COPPER_EMULATOR_REFUSES"
"""`1` if the proxy refuses other hosts: then the program cannot go out by proxies of its own either."""

HERE = Path(__file__).parent

PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
"""The last one is for https as well: Ruby looks at no other."""

EVERY_PROXY = ("ALL_PROXY", "all_proxy")
"""Removed: they would lead to another proxy past this one."""

NO_PROXY = ("NO_PROXY", "no_proxy")

USE_PROXY = "NODE_USE_ENV_PROXY"
"""With it, Node 24, and 22 from 22.21 on, heeds proxies; earlier ones do not know it."""


@dataclass(frozen=True, slots=True)
class Reached:
    """Where a program finds the emulator, and the files it needs.

    Attributes:
        proxy_url: like `http://127.0.0.1:40001`; empty if connections are redirected without a proxy.
        tls: `127.0.0.1:PORT`, the TLS listener.
        certificate: a PEM file with the certificate of the local authority.
        folder: one with files that the program can read as long as it runs; see `write_files`.
        refuses: whether the proxy refuses other hosts.
    """

    proxy_url: str
    tls: str
    certificate: Path
    folder: Path
    refuses: bool = False

    @property
    def bundle(self) -> Path:
        """Everything that is trusted; written by the code that has the authority."""
        return self.folder / "authorities.pem"


def write_files(reached: Reached, own: Mapping[str, str] = os.environ) -> None:
    """Write the files for runtimes that take authorities from a settings file only. Raises OSError."""
    php = reached.folder / "php"
    php.mkdir(exist_ok=True)
    # Paths, and what people write, need not be UTF-8.
    bundle = os.fsencode(reached.bundle)
    php.joinpath("copper-emulator.ini").write_bytes(b'curl.cainfo="%b"\nopenssl.cafile="%b"\n' % (bundle, bundle))
    # The last line wins.
    _wgetrc(reached).write_bytes(b"%b\nca_certificate = %b\n" % (_read_wgetrc(own), bundle))


def child_environment(own: Mapping[str, str], reached: Reached) -> dict[str, str]:
    """The variables of `own` plus those that lead to the emulator; what was there is kept if both are possible.

    The authorities in files that `own` names must be in the bundle.
    """
    found = {name: value for name, value in own.items() if name not in EVERY_PROXY}
    if reached.proxy_url:
        found |= dict.fromkeys(PROXIES, reached.proxy_url)
        # Other hosts than loopback would bypass the proxy, which promises that they are refused.
        found |= dict.fromkeys(NO_PROXY, LOOPBACK)
        found[USE_PROXY] = "1"
    found |= dict.fromkeys(REPLACING, str(reached.bundle))
    for name in ADDING:
        found[name] = str(reached.bundle if own.get(name) else reached.certificate)
    found[CA] = str(reached.certificate)
    found["WGETRC"] = str(_wgetrc(reached))
    # An empty entry stands for the folder that PHP was built with.
    found["PHP_INI_SCAN_DIR"] = f"{own.get('PHP_INI_SCAN_DIR', '')}{os.pathsep}{reached.folder / 'php'}"
    found["NODE_OPTIONS"] = _joined_if(own.get("NODE_OPTIONS"), f"--require {_quoted(HERE / 'preload.cjs')}", " ")
    found["PYTHONPATH"] = _joined_if(str(HERE / "python"), own.get("PYTHONPATH"), os.pathsep)
    found[INTERCEPT] = reached.tls
    if reached.refuses:
        found[REFUSES] = "1"
    return found


def shell_lines(reached: Reached, more: Mapping[str, str]) -> list[str]:
    """The same as commands for a POSIX shell, which keep what the shell has already; `more` are further variables."""
    lines = [f"unset {' '.join(EVERY_PROXY)}"]
    for name, value in (child_environment({}, reached) | dict(more)).items():
        quoted = shlex.quote(value)
        if name == "NODE_OPTIONS":
            quoted = f'"${{{name}:+${name} }}"{quoted}'
        elif name == "PYTHONPATH":
            quoted = f'{quoted}"${{{name}:+{os.pathsep}${name}}}"'
        elif name == "PHP_INI_SCAN_DIR":
            quoted = f'"${{{name}-}}"{quoted}'
        elif name in ADDING:
            both = shlex.quote(str(reached.bundle))
            lines.append(f'if [ -n "${{{name}-}}" ]; then export {name}={both}; else export {name}={quoted}; fi')
            continue
        lines.append(f"export {name}={quoted}")
    return lines


def _joined_if(first: str | None, second: str | None, by: str) -> str:
    return by.join(part for part in (first, second) if part)


def _quoted(path: Path) -> str:
    """The path as NODE_OPTIONS takes it, quoted in case it has spaces."""
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _wgetrc(reached: Reached) -> Path:
    return reached.folder / "wgetrc"


def _read_wgetrc(own: Mapping[str, str]) -> bytes:
    named = own.get("WGETRC")
    path = Path(named) if named else Path(own.get("HOME", "."), ".wgetrc")
    try:
        return path.read_bytes()
    except OSError:
        return b""
