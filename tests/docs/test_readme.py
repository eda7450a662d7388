"""What the README shows is what happens: the body of a notification, and what CopperMachine prints."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hypothesis")

from copper_emulator import Emulator, Endpoint
from tests.machine.running import Found, run
from tests.machine.samples import SAMPLES, OverHttp

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
SECTION = README.split("## Does it hold up?\n")[1].split("\n## ")[0]
PROPERTIES = (Path(__file__).parents[2] / "docs/properties.md").read_text(encoding="utf-8")


def test_the_body_it_shows_is_the_one_that_is_sent() -> None:
    shown = json.loads(re.findall(r"```json\n(.*?)```", README, re.DOTALL)[0])
    with Emulator() as copper:
        endpoint = Endpoint("https://billing.example.com")
        copper.route(endpoint.url, to=endpoint)
        copper.subscribe(
            "person", "update", target="https://billing.example.com/hooks/copper", secret={"key": "s3cret"}
        )
        ada = copper.people.create(name="Ada")
        copper.people.update(ada.id, name="Ada Lovelace")

    [received] = endpoint.requests
    assert list(received.json) == list(shown)
    assert {**received.json, "timestamp": ""} == {**shown, "timestamp": ""}
    assert re.sub(r"\d", "0", received.json["timestamp"]) == re.sub(r"\d", "0", shown["timestamp"])


class Mirror:
    """An application like a reader's own, here the sample that trusts the order."""

    def __init__(self, api_url: str, headers: Mapping[str, str], secret: str) -> None:
        self.wsgi_app = SAMPLES["trusts order"](OverHttp(api_url, headers), secret)

    def names(self) -> dict[int, str]:
        return {record_id: row["name"] for record_id, row in self.wsgi_app.copy["person"].items()}


@pytest.fixture(scope="module")
def found() -> Found:
    names: dict[str, Any] = {"Mirror": Mirror}
    exec(re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)[0], names)
    failure = run(names["MirrorHoldsUp"])
    assert failure is not None
    return failure


@pytest.mark.parametrize("text", [SECTION, PROPERTIES], ids=["README", "properties"])
def test_the_scenario_it_shows_is_the_one_it_prints(found: Found, text: str) -> None:
    [block] = [each for each in re.findall(r"```text\n(.*?)```", text, re.DOTALL) if "name: MirrorHoldsUp" in each]
    shown = [line.removeprefix("E").removeprefix("       ") for line in block.splitlines() if line.startswith("E")]

    assert "\n".join(shown[shown.index("name: MirrorHoldsUp") :]) == found.text.rstrip("\n")
    assert "{94808711: 'Ada 2'}" in shown[0]
    assert "{94808711: 'Ada 3'}" in shown[0]
