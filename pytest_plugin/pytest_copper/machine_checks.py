"""Checks of what a subclass of CopperMachine defines."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from copper_emulator import UsageError
from copper_emulator.core.errors import raised_on_purpose
from copper_emulator.core.records.kinds import kind_called
from copper_emulator.core.text import meant, suggesting

__tracebackhide__ = raised_on_purpose

METHODS = {
    "endpoint": ("copper",),
    "check": ("copper",),
    "reconcile": ("copper",),
    "state": ("copper",),
    "close": (),
    "subscribe": ("copper",),
}
"""What a subclass may define, and the parameters with which it is called."""

UNSAID = {"endpoint": "where its endpoint is", "state": "what its endpoint believes"}
"""What a subclass must define, if the machine needs it."""

_CLOSE = 0.85
"""How similar two names must be; `reconsile` and `reconcile` are 0.89."""


def warn_of_typos(cls: type, hooks: Iterable[str]) -> None:
    """Warn of methods that nothing calls and that are named almost like hooks that the class does not define."""
    wanted = [name for name in hooks if name not in vars(cls)]
    for name, value in vars(cls).items():
        near = meant(name, wanted, at_least=_CLOSE)
        if near is not None and callable(value) and name not in hooks and not hasattr(cls.__base__, name):
            warnings.warn(suggesting(f"nothing calls {cls.__name__}.{name}", near), stacklevel=4)


def checked(cls: type[Any]) -> None:
    """Raise UsageError if a machine's class leaves out what it needs, or says what is invalid.

    That is its methods' parameters, `types`, `secret` or `target`.
    """
    name, types, secret = cls.__name__, cls.types, cls.secret
    base = next(each for each in reversed(cls.__mro__) if METHODS.keys() <= vars(each).keys())
    for method, parameters in METHODS.items():
        _checked_method(cls, method, parameters)
        if method in cls.needs and getattr(cls, method) is vars(base)[method]:
            raise UsageError(unsaid(name, method))
    if not isinstance(types, tuple | list) or not types:
        raise UsageError(f'{name}.types: give the types as a tuple, like types = ("person", "lead"), not {types!r}')
    for each in types:
        try:
            kind_called(each)
        except UsageError as error:
            raise UsageError(f"{name}.types: {error}") from None
    if secret is not None:
        checked_secret(f"{name}.secret", secret)
    if str(cls.target).lower().startswith("http:") and "allow_http" not in cls.options:
        raise UsageError(
            f"{name}.target: Copper accepts https:// targets only. Write https:// instead, with any host: what "
            '`endpoint` returns is routed there. Or allow one on loopback with options = {"allow_http": True}'
        )


def unsaid(name: str, method: str) -> str:
    """What to say if a machine does not define one of its methods."""
    return f"{name} must say {UNSAID[method]}: def {method}({', '.join(('self', *METHODS[method]))})"


def asserted(name: str, said: object) -> None:
    """Raise UsageError if a check has returned something: then nobody looks at whether it holds."""
    if said is not None:
        raise UsageError(f"{name} returned {said!r}; assert what must hold instead")


def copied(state: object) -> Any:
    """A copy of what the endpoint believes, which later events do not change. Raises UsageError if it has none."""
    try:
        return deepcopy(state)
    except Exception as error:  # noqa: BLE001 - whatever a value's own way of copying raises
        kind = type(state).__name__
        text = f"state: what it returned ({kind}) cannot be copied: {error}. Return plain data, such as dict(names)"
    raise UsageError(text)


def _checked_method(cls: type[Any], name: str, parameters: tuple[str, ...]) -> None:
    right = f"{cls.__name__}.{name}: write it as def {name}({', '.join(('self', *parameters))})"
    # Bound to an object on which nothing was called yet: a static method has no self.
    method = getattr(object.__new__(cls), name)
    if not callable(method):
        raise UsageError(f"{right}, not as {method!r}")
    if inspect.iscoroutinefunction(method):
        raise UsageError(f"{right}, without async: a machine is synchronous")
    try:
        signature = inspect.signature(method)
    except ValueError:
        # Some callables written in C do not tell.
        return
    try:
        signature.bind(*parameters)
    except TypeError as error:
        raise UsageError(f"{right}; as it is, it cannot be called like this: {error}") from None


def checked_secret(name: str, secret: object) -> None:
    """Raise UsageError if a secret is not one that a subscription could send."""
    if not isinstance(secret, Mapping) or not secret:
        raise UsageError(f'{name}: give what the subscriptions send, like {{"key": "s3cret"}}, not {secret!r}')
