"""How does a process shut out every network but loopback? In its own network namespace, where the system has them."""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
from pathlib import Path

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
_REQUEST = "16sh14x"
"""struct ifreq: a name and its flags."""


class NotIsolated(Exception):
    """The system does not allow the isolation."""


def isolate() -> None:
    """Move this process, and all that it starts, to where there is only loopback. Raises NotIsolated.

    It must not have started a thread yet.
    """
    if sys.platform != "linux":
        raise NotIsolated(f"network namespaces need Linux, and this is {sys.platform}")
    user, group = os.geteuid(), os.getegid()
    # A user who may create a network namespace as it is needs no user namespace.
    if _why_not_unshared(_NEW_NETWORK):
        if error := _why_not_unshared(_NEW_USER | _NEW_NETWORK):
            raise NotIsolated(f"the system denies this user a network namespace ({error}){_hint()}")
        _be_the_same(user, group)
    try:
        _loopback_up()
    except OSError as error:
        raise NotIsolated(f"loopback cannot be switched on in the network namespace ({error}){_hint()}") from None


def _why_not_unshared(what: int) -> str:
    """Empty if it is now."""
    # os.unshare exists from Python 3.12 on.
    libc = ctypes.CDLL(None, use_errno=True)
    return os.strerror(ctypes.get_errno()) if libc.unshare(what) else ""


def _be_the_same(user: int, group: int) -> None:
    """Map the user and group to themselves, since a new user namespace begins without any."""
    own = Path("/proc/self")
    try:
        own.joinpath("setgroups").write_text("deny")
        own.joinpath("uid_map").write_text(f"{user} {user} 1")
        own.joinpath("gid_map").write_text(f"{group} {group} 1")
    except OSError as error:
        raise NotIsolated(f"the user cannot be kept in a new namespace ({error})") from None


def _loopback_up() -> None:
    # Windows has no such module.
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = fcntl.ioctl(any_socket, _GET_FLAGS, struct.pack(_REQUEST, b"lo", 0))
        flags = struct.unpack(_REQUEST, asked)[1]
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack(_REQUEST, b"lo", flags | _UP))


def _hint() -> str:
    for name in ("kernel.apparmor_restrict_unprivileged_userns", "kernel.unprivileged_userns_clone"):
        path = Path("/proc/sys", *name.split("."))
        refusing = "1" if "apparmor" in name else "0"
        try:
            if path.read_text().strip() == refusing:
                return f"; sysctl {name}={1 - int(refusing)} would allow it"
        except OSError:
            continue
    return "; as root, or in a container with --cap-add SYS_ADMIN, it works"
