"""The hint for a path that does not exist."""

from __future__ import annotations

from collections.abc import Sequence

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
    if under:
        return f"There is no {path}; {_there(under)}."
    names = list(dict.fromkeys(each.split("/")[0] for each in there))
    return f"{suggesting(f'There is no {path}', meant(parts[0], names), _there(names))}."


def _there(paths: Sequence[str]) -> str:
    return f"under {API_PATH} there {'is only' if len(paths) == 1 else 'are'} {in_words(paths, most=_MOST)}"


def _paths(request: ApiRequest) -> list[str]:
    """Every path of the API once, without the common prefix."""
    found = (resource.canonical for resource in request.app.router.resources())
    ours = (each.removeprefix(f"{API_PATH}/").rstrip("/") for each in found if each.startswith(API_PATH))
    return list(dict.fromkeys(ours))
