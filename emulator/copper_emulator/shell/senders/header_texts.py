"""How are the headers of an answer read as text?"""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1_000)
def header(name: bytes, value: bytes) -> tuple[str, str]:
    """Decode one header. Answers repeat the same headers and the journal keeps them all, so equal ones are shared."""
    return readable(name), readable(value.rstrip(b" \t"))


def readable(raw: bytes) -> str:
    """Text that can be shown and stored: UTF-8, or else Latin-1, as which any bytes can be read."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
