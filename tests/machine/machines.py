"""The nine samples, each with a machine of its own."""

from __future__ import annotations

from typing import Any

from copper_emulator import Copper
from pytest_copper.machine import CopperMachine
from tests.machine.samples import PLURALS, InProcess, Sample, kept, sample


class SampleMachine(CopperMachine):
    """What a user writes: where the endpoint is, when it is right, how it reconciles."""

    name = "right"
    app: Sample

    def endpoint(self, copper: Copper) -> object:
        self.app = sample(self.name, client=InProcess(copper), secret="s3cret")
        return self.app

    def check(self, copper: Copper) -> None:
        for kind in self.types:
            face: Any = getattr(copper, PLURALS[kind])
            assert self.app.copy[kind] == {record["id"]: kept(record) for record in face.search()}

    def reconcile(self, copper: Copper) -> None:
        self.app.reconcile()


def machine(name: str, *types: str) -> type[SampleMachine]:
    """The machine of one sample."""
    return type(f"Machine of {name}", (SampleMachine,), {"name": name, "types": types or ("person",)})
