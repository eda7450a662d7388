"""How is a module loaded as if time were not frozen?

freezegun puts classes of its own in the place of `datetime.date` and `datetime.datetime`. When time runs again it takes
them out of the modules that were loaded meanwhile, but not out of what those made of them: pydantic, loaded in frozen
time, can make no model with a moment in it as long as the process lives. And freezing itself loads what we load at
need: freezegun asks every module for every name in it.
"""

from __future__ import annotations

import datetime
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from threading import RLock
from types import ModuleType

_ONE_BY_ONE = RLock()
"""Else one would take the real dates for those that another has to put back."""


def load(name: str) -> ModuleType:
    """A module, which is loaded with the real dates if it is not there yet, as is all that it imports."""
    if name not in sys.modules and "freezegun.api" in sys.modules:
        with _ONE_BY_ONE, _real_dates():
            return import_module(name)
    return import_module(name)


@contextmanager
def _real_dates() -> Iterator[None]:
    # There is no public way to them; `shell/frozen.py` has the private places of the time itself.
    api = sys.modules["freezegun.api"]
    replaced = datetime.date, datetime.datetime
    _put(api.real_date, api.real_datetime)
    try:
        yield
    finally:
        _put(*replaced)


def _put(date: type, moment: type) -> None:
    vars(datetime).update(date=date, datetime=moment)
