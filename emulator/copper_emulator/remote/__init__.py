"""An account of a running server, with the fixture's methods: `Copper.connect(url)`."""

from copper_emulator.remote.account import RemoteAsyncCopper, RemoteCopper, connect, made

__all__ = ["RemoteAsyncCopper", "RemoteCopper", "connect", "made"]
