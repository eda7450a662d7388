"""`copper-emulator run` against an endpoint: what it says beforehand, and that its advice can be followed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.cli.processes import invoke, started

STORY = """
name: renamed
secret: {key: s3cret, realm: tests}
subscriptions:
  renamed: {topic: person/update, target: https://billing.example.com/hooks/copper}
steps:
  - create: {type: person, as: ada, fields: {name: Ada}}
  - update: {records: ada, fields: {name: Ada Lovelace}}
"""


@pytest.fixture
def story(tmp_path: Path) -> str:
    file = tmp_path / "story.yaml"
    file.write_text(STORY)
    return str(file)


def test_the_secret_that_an_endpoint_must_accept_is_told(story: str) -> None:
    with started("listen", "--port", "0") as endpoint:
        code, out, err = invoke("run", story, "--target", endpoint.url)

    assert (code, err) == (0, "")
    assert f"Sent to {endpoint.url}; it must accept the scenario's secret, key=s3cret, realm=tests\n" in out


def test_without_a_secret_nothing_is_said_of_one(story: str) -> None:
    Path(story).write_text(STORY.replace("secret: {key: s3cret, realm: tests}\n", ""))
    with started("listen", "--port", "0") as endpoint:
        _, out, _ = invoke("run", story, "--target", endpoint.url)

    assert f"Sent to {endpoint.url}\n" in out


@pytest.mark.parametrize("status", [401, 500])
def test_the_advice_to_allow_an_answer_can_be_followed(story: str, status: int) -> None:
    with started("listen", "--port", "0", "--status", str(status)) as endpoint:
        code, out, _ = invoke("run", story, "--target", endpoint.url)
        (setting,) = re.findall(r"the setting (allow=\S+)", out)
        followed = invoke("run", story, "--target", endpoint.url, "--settings", *shlex.split(setting))

    assert code == 1
    assert "--settings allow=" in out
    assert "copper.expect(" not in out
    assert followed[0] == 0


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("127.0.0.1:5066/hook", "'127.0.0.1:5066/hook' is no URL to send to: write all of it, like http://127.0.0.1"),
        ("http://example.com", "example.com is not this machine"),
    ],
)
def test_a_target_that_is_refused_is_so_before_anything_is_said_to_be_sent(story: str, target: str, says: str) -> None:
    code, out, err = invoke("run", story, "--target", target)

    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
