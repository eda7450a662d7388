"""What a command serves while it plays: one account, at the port asked for, to any token if none was given."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import closing

import pytest

from copper_emulator.core.model import DEFAULT_EMAIL, Key
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import VirtualClock
from copper_emulator.shell.serving.one_account import OneAccount, PortInUse, listening
from copper_emulator.shell.serving.ports import why_not_listening
from copper_emulator.shell.tenant import Tenant


@pytest.mark.parametrize("any_token", [True, False])
def test_another_token_opens_the_account_only_if_none_was_given(*, any_token: bool) -> None:
    tenant = Tenant("scenario", Settings(), VirtualClock(), key=Key(1, "mine", DEFAULT_EMAIL))
    host = OneAccount(port=0, any_token=any_token)
    assert host.known("another") is None

    host.add(tenant)

    assert host.known("mine") == (tenant, tenant.account.key)
    assert host.known("another") == ((tenant, tenant.account.key) if any_token else None)


def test_a_port_that_was_asked_for_and_is_taken_is_an_error() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse) as raised:
            listening(port, token="")

    assert str(raised.value) == (
        f"port {port} of 127.0.0.1 is in use, perhaps by another copper-emulator: choose another with --port, or "
        "--port 0 for a free one"
    )


def test_what_else_keeps_a_port_from_being_listened_on_is_told_as_the_system_says_it() -> None:
    error = OSError(errno.EACCES, os.strerror(errno.EACCES))

    said = why_not_listening(error, 80, bind="::1", option="--tls-port")

    assert said == f"cannot listen on ::1 port 80: {os.strerror(errno.EACCES)}"
