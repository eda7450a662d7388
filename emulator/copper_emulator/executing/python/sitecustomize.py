"""Read by Python before a program (PYTHONPATH): connections to Copper's API go to the emulator's TLS listener.

Any Python may read it, in an environment without copper-emulator: what it needs is found from here. Afterwards no
module is left under that name, so that a program that has the package imports its own; pytest, for one, wants to see
that. Then the sitecustomize that would have been read without this one is read.
"""

import os
import sys
from importlib import import_module
from importlib.machinery import PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))
_PACKAGE = "copper_emulator"


class _Beside:
    """Finds the package from here, whatever else is on the path."""

    @staticmethod
    def find_spec(name, path=None, target=None):  # type: ignore[no-untyped-def]  # an older Python may read this
        return PathFinder.find_spec(name, [_ROOT]) if name == _PACKAGE else None


def _intercept() -> None:
    if sys.version_info < (3, 8) or not os.environ.get("COPPER_EMULATOR_INTERCEPT"):
        return
    sys.meta_path.insert(0, _Beside)
    try:
        import_module(_PACKAGE + ".interception.child").intercept_here()
    finally:
        sys.meta_path.remove(_Beside)
        taken = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == _PACKAGE}
        process = taken.get(_PACKAGE + ".interception.process")
        if process is not None and _is_the_programs():
            sys.modules[process.BEGUN] = process


def _is_the_programs() -> bool:
    """Whether the program would import this very package, not another version: then its own interceptions can take
    this one into account."""
    found = PathFinder.find_spec(_PACKAGE)
    return found is not None and found.origin == os.path.join(_ROOT, _PACKAGE, "__init__.py")


def _go_on() -> None:
    """Read the next sitecustomize on the path, if there is one."""
    path = sys.path[:]
    sys.path[:] = [each for each in path if os.path.abspath(each or os.curdir) != _HERE]
    mine = sys.modules.pop("sitecustomize", None)
    try:
        import_module("sitecustomize")
    except ImportError as error:
        if error.name != "sitecustomize":
            raise
        if mine is not None:
            sys.modules["sitecustomize"] = mine
    finally:
        sys.path[:] = path


try:
    _intercept()
finally:
    _go_on()
