"""How do calls of Copper's hosts reach the emulator from a program that has those hosts written into it?

At four places of the standard library, through which nearly every client for Python goes: names are resolved
(`socket.getaddrinfo`), connections are made (`socket.socket.connect`), TLS begins (`ssl.SSLContext.wrap_socket` and
`wrap_bio`). What is for Copper's hosts ends in a TLS listener of the emulator; everything else is handed on as it came.
The fourth is where TLS is written to (`ssl.SSLSocket.send` and its like): a connection to Copper itself that was there
before carries nothing more.

    seams.py         what is replaced there, put back exactly
    late.py          the same for a library that is imported later, and for aiodns and uvloop, which go around these
    process.py       which interception counts: there is one process, and there may be several at once
    variables.py     the environment of the processes that this one starts
    fork_servers.py  which of them multiprocessing copies its workers from
    child.py         the same in such a process

The room needs nothing but the standard library, and is written for Python 3.8 and later: a child process may be that of
another Python, in which the emulator is not installed, and reads it from here (`executing/python/sitecustomize.py`). It
is told by two variables:

    COPPER_EMULATOR_INTERCEPT=127.0.0.1:PORT    the TLS listener that answers for Copper's hosts
    COPPER_EMULATOR_CA=FILE                     the certificate of its authority, as PEM

`child.intercept_here()` does nothing where one of them is missing or leads nowhere, and imports neither socket nor ssl:
they are patched when the program imports them.
"""
