"""How is a module loaded as if time were not frozen?

freezegun replaces `datetime.date` and `datetime.datetime` with its own classes. When time runs again, it removes them
from the modules loaded meanwhile, but not from what those modules built with them: if pydantic is loaded in frozen
time, it cannot build a model with a datetime field for the rest of the process. And freezing itself triggers our lazy
imports: freezegun asks every module for every name in it.
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
"""Otherwise one thread would take the real dates for those that another has to restore."""


def load(name: str) -> ModuleType:
    """Import a module; if it is not loaded yet, it and all that it imports see the real dates."""
    if name not in sys.modules and "freezegun.api" in sys.modules:
        with _ONE_BY_ONE, _real_dates():
            return import_module(name)
    return import_module(name)


@contextmanager
def _real_dates() -> Iterator[None]:
    # freezegun has no public way to the real classes; `shell/frozen.py` reads the private names for the time itself.
    api = sys.modules["freezegun.api"]
    replaced = datetime.date, datetime.datetime
    _put(api.real_date, api.real_datetime)
    try:
        yield
    finally:
        _put(*replaced)


def _put(date: type, moment: type) -> None:
    vars(datetime).update(date=date, datetime=moment)
