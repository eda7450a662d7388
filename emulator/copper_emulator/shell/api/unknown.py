"""The hints for a path that does not exist, and for one that has other methods."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from copper_emulator.core.paths import API_PATH
from copper_emulator.core.text import in_words, meant, suggesting
from copper_emulator.shell.api.request import ApiRequest

NOT_EMULATED = ("field_layouts", "related_links", "files")
"""Parts of Copper's API that the emulator does not have."""

_MOST = 12
"""Paths shown at most."""


def unknown_path_hint(request: ApiRequest) -> str:
    """Which similar paths there are, or that this one is not emulated."""
    path = request.path
    if not path.startswith(f"{API_PATH}/"):
        return f"There is no {path}; the paths of the API begin with {API_PATH}, like {API_PATH}/people/search."
    parts = path.removeprefix(f"{API_PATH}/").strip("/").split("/")
    missing = [part for part in parts if part in NOT_EMULATED]
    if missing:
        return f"Copper has {path}, but the emulator does not: {missing[0]} are not emulated."
    there = _paths(request)
    under = [each for each in there if each.split("/")[0] == parts[0]]
    if len(under) == 1:
        return f"There is no {path}; there is {API_PATH}/{under[0]}."
    if under:
        return f"There is no {path}; {_there(under)}."
    names = list(dict.fromkeys(each.split("/")[0] for each in there))
    return f"{suggesting(f'There is no {path}', meant(parts[0], names), _there(names))}."


def other_method_hint(request: ApiRequest, allowed: Collection[str]) -> str:
    """Which methods a path has; or, if nothing but its form is that of a record's path, which paths there are.

    Args:
        allowed: the methods of every path of that form.
    """
    literal = methods_of(request)
    if not literal and _has_no_id(request.path):
        return unknown_path_hint(request)
    return f"{request.path} accepts {', '.join(literal or sorted(allowed))}, not {request.method}"


def methods_of(request: ApiRequest) -> list[str]:
    """The methods of the path that is written like this one, part by part."""
    path = request.path.rstrip("/")
    there = (resource for resource in request.app.router.resources() if resource.canonical == path)
    return sorted({route.method for resource in there for route in resource})


def _has_no_id(path: str) -> bool:
    parts = path.removeprefix(f"{API_PATH}/").strip("/").split("/")
    return len(parts) > 1 and not parts[1].isdecimal()


def _there(paths: Sequence[str]) -> str:
    return f"under {API_PATH} there are {in_words(paths, most=_MOST)}"


def _paths(request: ApiRequest) -> list[str]:
    """Every path of the API once, without the common prefix."""
    found = (resource.canonical for resource in request.app.router.resources())
    ours = (each.removeprefix(f"{API_PATH}/").rstrip("/") for each in found if each.startswith(API_PATH))
    return list(dict.fromkeys(ours))
