"""How do calls to Copper's hosts reach the emulator from a program in which those hosts are hard-coded?

At four places of the standard library that nearly every client for Python uses: where names are resolved
(`socket.getaddrinfo`), where connections are made (`socket.socket.connect`), where TLS begins
(`ssl.SSLContext.wrap_socket` and `wrap_bio`), and where TLS is written to (`ssl.SSLSocket.send` and the like).
Connections to Copper's hosts end in a TLS listener of the emulator; all others are passed on unchanged. The fourth
place is for connections to Copper itself that were open before: nothing more is sent on them.

    seams.py         what is replaced there, and put back exactly
    late.py          the same for modules that are imported later, and for aiodns and uvloop, which bypass these places
    process.py       which interception counts: a process may have several at once
    variables.py     the environment of the processes that this one starts
    fork_servers.py  which process multiprocessing forks its workers from
    child.py         interception in a process that this one starts

This package needs only the standard library and runs on Python 3.8 and later: a child process may have another Python,
in which the emulator is not installed, and reads it from here (`executing/python/sitecustomize.py`). Two variables tell
it where to connect:

    COPPER_EMULATOR_INTERCEPT=127.0.0.1:PORT    the TLS listener that answers for Copper's hosts
    COPPER_EMULATOR_CA=FILE                     the certificate of its authority, as PEM

`child.intercept_here()` does nothing if one of them is missing or leads nowhere. It imports neither socket nor ssl:
they are patched when the program imports them.
"""
