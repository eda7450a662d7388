"""Every fact of this folder is asked of each face: nobody who changes from one to another has to learn anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from copper_emulator import Copper, Endpoint
from tests.cli.processes import Process, started
from tests.faces.opening import Faces, Open

TARGET = "https://app.example/hooks/copper"


@pytest.fixture(scope="session")
def server() -> Iterator[Process]:
    with started("serve", "--port", "0") as process:
        yield process


@pytest.fixture(params=["here", "here_async", "there", "there_async"])
def face(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def opened(face: str, request: pytest.FixtureRequest, server: Process) -> Iterator[Open]:
    """Opens an account with settings."""
    faces = Faces(face, server.url, request.node.name)
    yield faces.open
    faces.close()


@pytest.fixture
def copper(opened: Open) -> Copper:
    return opened()


@pytest.fixture
def endpoint(copper: Copper) -> Endpoint:
    """A receiver at `TARGET`, which answers 200."""
    return receiver(copper)


def receiver(copper: Copper) -> Endpoint:
    made = Endpoint(TARGET)
    copper.route("https://app.example", to=made)
    return made
