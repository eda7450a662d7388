"""An account of a running server with the methods that the fixture has: `Copper.connect(url)`."""

from copper_emulator.remote.account import (
    RemoteAsyncCopper,
    RemoteCopper,
    connect,
    connect_async,
    made,
    made_async,
)

__all__ = ["RemoteAsyncCopper", "RemoteCopper", "connect", "connect_async", "made", "made_async"]
