"""Where pyfakefs has replaced the file system, what needs TLS says so before it has changed anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from copper_emulator import Emulator
from copper_emulator.core.errors import AuthorityError
from copper_emulator.shell.host import Host
from copper_emulator.shell.tls.authority import Authority
from copper_emulator.tls_endpoint import TlsEndpoint

SAYS = "pyfakefs has replaced the file system: begin what needs TLS before it"


def replace_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a class of pyfakefs' in the place of `os`, as it does."""
    kind = type(
        "FakeOsModule", (), {"__module__": "pyfakefs.fake_os", "__getattr__": lambda _, name: getattr(os, name)}
    )
    monkeypatch.setitem(sys.modules, "os", kind())


NEEDS_TLS: dict[str, Callable[[Any], object]] = {
    "intercept": lambda copper: copper.intercept(),
    "ca_file": lambda copper: copper.ca_file,
    "tls_api_url": lambda copper: copper.tls_api_url,
}


@pytest.mark.parametrize("need", NEEDS_TLS.values(), ids=NEEDS_TLS)
def test_what_needs_tls_says_what_to_do_and_works_afterwards(
    need: Callable[[Any], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Emulator() as copper:
        with monkeypatch.context() as replaced:
            replace_files(replaced)
            with pytest.raises(AuthorityError, match=SAYS):
                need(copper)
        assert need(copper)


def test_so_does_an_endpoint_with_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    with monkeypatch.context() as replaced:
        replace_files(replaced)
        with pytest.raises(AuthorityError, match=SAYS):
            TlsEndpoint(host)
    TlsEndpoint(host).close()
    host.close()


def test_what_has_begun_before_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with Emulator() as copper:
        with copper.intercept():
            file = copper.ca_file
        replace_files(monkeypatch)
        with copper.intercept():
            assert copper.ca_file == file
        monkeypatch.undo()


def test_a_file_of_authorities_is_not_written_where_nobody_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority.temporary()
    replace_files(monkeypatch)
    with pytest.raises(AuthorityError, match=SAYS):
        authority.bundle(tmp_path / "bundle.pem")
    monkeypatch.undo()
    assert not (tmp_path / "bundle.pem").exists()
