"""Read-only JSON values: a test that changes what it looks at cannot change what is sent.

They equal plain dicts and lists, and are written as JSON like them. Unlike these, they can be hashed, so that a
delivery or a change can be in a set. Copies, also pickled ones, are plain again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

_REFUSAL = "this is the account's own and cannot be changed; change a copy, like one made by copy.deepcopy"


def _refuse(self: object, *_: object, **__: object) -> NoReturn:
    __tracebackhide__ = True
    raise TypeError(_REFUSAL)


class _Dict(dict[str, Any]):
    __slots__ = ()

    if not TYPE_CHECKING:  # To type checkers it is a Mapping.
        __setitem__ = __delitem__ = __ior__ = clear = pop = popitem = setdefault = update = _refuse

        def __reduce__(self) -> Any:
            return dict, (dict(self),)

        def __hash__(self) -> int:
            return hash(frozenset(self.items()))


class _List(list[Any]):
    __slots__ = ()

    if not TYPE_CHECKING:  # Type checkers know these values as Any.
        __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
        append = clear = extend = insert = pop = remove = reverse = sort = _refuse

        def __reduce__(self) -> Any:
            return list, (list(self),)

        def __hash__(self) -> int:
            return hash(tuple(self))


def read_only(value: Any) -> Any:
    """A copy of a JSON value, and of all that is in it, that cannot be changed."""
    # Exact types, since every change comes by here: what is read-only already is none of these.
    kind = type(value)
    if kind is dict:
        return _Dict([(name, read_only(item)) for name, item in value.items()]) if value else _NOTHING
    if kind is list:
        return _List([read_only(item) for item in value])
    return value


_NOTHING = _Dict()
