"""Raise if Hypothesis is not installed: the machine, the oracles and the strategies need it; nothing else does."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("hypothesis") is None:
    raise ModuleNotFoundError(
        "pytest_copper.machine, .oracles and .strategies need Hypothesis; install the extra `hypothesis` of "
        "copper-emulator, or hypothesis itself",
        name="hypothesis",
    )
