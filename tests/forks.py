"""What comes of a call in a forked process."""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def in_a_fork(call: Callable[[], T]) -> T:
    """Fork, make the call in the child, and return or raise here what it returned or raised there."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # From Python 3.12 on, where threads run.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            with open(writing, "wb") as to_parent:
                pickle.dump(_outcome(call), to_parent)
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as from_child:
        written = from_child.read()
    os.waitpid(child, 0)
    result, error = pickle.loads(written)
    if error is not None:
        raise error
    returned: T = result
    return returned


def _outcome(call: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return call(), None
    except Exception as error:  # noqa: BLE001 - the parent raises it
        return None, error
