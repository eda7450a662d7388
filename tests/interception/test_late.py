"""Modules imported during an interception are patched then, and restored like the others."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from copper_emulator.interception.late import PATCHED, Patches
from copper_emulator.interception.ways import Way

assert not set(PATCHED) & set(sys.modules), set(PATCHED) & set(sys.modules)
patches = Patches(lambda: Way("127.0.0.1", 1, ""))
patches.begin()
import {name}
module = sys.modules["{name}"]
owner = module{owner}
assert hasattr(vars(owner)["{attribute}"], "__wrapped__")
spec, loader = module.__spec__, module.__loader__
assert spec.loader is loader
assert "exec_module" not in vars(loader)
patches.end()
assert not hasattr(vars(owner).get("{attribute}"), "__wrapped__")
assert sys.meta_path[0].__class__.__name__ != "Patches"
"""


@pytest.mark.parametrize(
    ("name", "owner", "attribute"),
    [
        ("socket", "", "getaddrinfo"),
        ("socket", ".socket", "connect"),
        ("ssl", ".SSLContext", "wrap_bio"),
        ("ssl", ".SSLSocket", "fileno"),
        ("aiohttp.resolver", ".AsyncResolver", "resolve"),
        ("uvloop", ".Loop", "create_connection"),
    ],
)
def test_a_module_that_comes_later_is_patched_when_it_comes(name: str, owner: str, attribute: str) -> None:
    program = PROGRAM.format(name=name, owner=owner, attribute=attribute)
    # -S, because what an environment loads at its start is not this program's.
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-S", "-c", program], env=environment, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_a_process_that_was_told_of_nothing_there_goes_on_as_if_it_had_not_been() -> None:
    program = "from copper_emulator.interception.child import intercept_here; print(intercept_here())"
    for told in (
        {},
        {"COPPER_EMULATOR_INTERCEPT": "127.0.0.1:1"},
        {"COPPER_EMULATOR_INTERCEPT": "127.0.0.1:1", "COPPER_EMULATOR_CA": "/nowhere.pem"},
        {"COPPER_EMULATOR_INTERCEPT": "nonsense", "COPPER_EMULATOR_CA": __file__},
    ):
        environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), **told}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
        assert (done.stdout, done.stderr) == ("False\n", "")
