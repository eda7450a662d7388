"""Why can a port not be listened on, and what helps?"""

from __future__ import annotations

import errno


def why_not_listening(error: OSError, port: int, *, bind: str = "127.0.0.1", option: str = "--port") -> str:
    """What to tell somebody who has chosen the port with an option, or could have."""
    if is_in_use(error):
        return (
            f"port {port} of {bind} is in use, perhaps by another copper-emulator: choose another with {option}, "
            f"or {option} 0 for a free one"
        )
    return f"cannot listen on {bind} port {port}: {error.strerror or error}"


def is_in_use(error: OSError) -> bool:
    """Whether something else listens there."""
    return error.errno == errno.EADDRINUSE
