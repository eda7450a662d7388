"""`copper-emulator run` against an endpoint: what it prints beforehand, and that its advice can be followed."""

from __future__ import annotations

import json
import re
import shlex
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from copper_emulator.shell.serving.server import DEFAULT_PORT
from tests.checks.served import served
from tests.cli.processes import free_port, invoke, started

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
        (setting,) = re.findall(r"allow it: --set (allow=\S+)", out)
        followed = invoke("run", story, "--target", endpoint.url, "--set", *shlex.split(setting))

    assert code == 1
    assert "--set allow=" in out
    assert "copper.expect(" not in out
    assert followed[0] == 0


@pytest.mark.parametrize(
    ("target", "says"),
    [
        (
            "127.0.0.1:5066/hook",
            "'127.0.0.1:5066/hook' is not a URL to send to: write it in full, like http://127.0.0.1",
        ),
        ("http://example.com", "example.com is not this machine"),
    ],
)
def test_a_target_that_is_refused_is_so_before_anything_is_said_to_be_sent(story: str, target: str, says: str) -> None:
    code, out, err = invoke("run", story, "--target", target)

    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


FETCHED = """
name: fetched
subscriptions:
  made: {topic: person/new, target: /hook}
steps:
  - create: {type: person, as: ada, fields: {name: Ada}}
  - expect: {topic: person/new, records: ada}
"""


def fetching(api_url: str, fetched: list[tuple[int, str]], token: str = "any") -> Any:
    """An endpoint that fetches each record in its notifications, and answers what the API did."""
    headers = {"X-PW-AccessToken": token, "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}

    def app(environ: Any, start_response: Any) -> list[bytes]:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        answer = requests.get(f"{api_url}/people/{body['ids'][0]}", headers=headers, timeout=10)
        fetched.append((answer.status_code, answer.json().get("name", "")))
        start_response("200 OK" if answer.ok else "500 Failed", [])
        return []

    return app


def test_an_endpoint_can_fetch_from_the_api_that_is_told_of(tmp_path: Path) -> None:
    file, port, fetched = tmp_path / "fetched.yaml", str(free_port()), list[tuple[int, str]]()
    file.write_text(FETCHED)
    api_url = f"http://127.0.0.1:{port}/developer_api/v1"
    with served(fetching(api_url, fetched)) as url:
        # Twice, because any number of scenarios use the same port in turn.
        code, out, err = invoke("run", str(file), str(file), "--target", url, "--port", port)

    assert (code, err) == (0, "")
    assert f"Records can be fetched at {api_url} with any token; set them with --port and --token.\n" in out
    assert fetched == [(200, "Ada"), (200, "Ada")]


def test_with_a_token_no_other_fetches(tmp_path: Path) -> None:
    file, port, fetched = tmp_path / "fetched.yaml", str(free_port()), list[tuple[int, str]]()
    file.write_text(FETCHED)
    with served(fetching(f"http://127.0.0.1:{port}/developer_api/v1", fetched, token="the-own")) as url:
        options = ("run", str(file), "--target", url, "--port", port, "--token")
        played = [invoke(*options, token) for token in ("the-own", "a-stranger")]

    assert [code for code, _, _ in played] == [0, 1]
    assert all("with the given token alone;" in out for _, out, _ in played)
    assert not any(token in out + err for _, out, err in played for token in ("the-own", "a-stranger"))
    assert [status for status, _ in fetched] == [200, 401]


def test_a_port_that_was_asked_for_and_is_taken_is_told(story: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, out, err = invoke("run", story, "--target", "http://127.0.0.1:9", "--port", str(taken.getsockname()[1]))

    assert (code, out) == (2, "")
    assert "is in use, perhaps by another copper-emulator: choose another with --port" in err


def test_where_the_usual_port_is_taken_another_is_told_of(story: str) -> None:
    with socket.socket() as taken, started("listen", "--port", "0") as endpoint:
        # It does not matter who uses the port.
        with suppress(OSError):
            taken.bind(("127.0.0.1", DEFAULT_PORT))
            taken.listen()
        code, out, err = invoke("run", story, "--target", endpoint.url)

    assert code == 0
    told = re.search(r"Records can be fetched at (\S+) with", out)
    assert told is not None
    assert f":{DEFAULT_PORT}/" not in told[1]
    assert f"port {DEFAULT_PORT} is in use, perhaps by another copper-emulator" in err
    assert f"Have it fetch from {told[1]}, or" in err


def test_the_built_in_endpoint_has_no_api(story: str) -> None:
    code, out, err = invoke("run", story, "--port", "0")

    assert (code, out) == (2, "")
    assert "--port and --token are for the API that your endpoint fetches from: give --target, too" in err


def test_a_draw_is_told_with_the_whole_command_line(tmp_path: Path) -> None:
    file = tmp_path / "a story.yaml"
    file.write_text(
        "name: lossy\n"
        "subscriptions:\n"
        "  made: {topic: person/new, target: /hook}\n"
        "steps:\n"
        "  - create: {type: person, count: 12}\n"
        "  - expect: {topic: lead/new}\n"
    )
    options = ("--set", "batch=1", "--set", "faults=lose=50%")
    with started("listen", "--port", "0") as endpoint:
        run = ("run", str(file), "--target", endpoint.url, "--port", "0")
        code, out, _ = invoke(*run, *options, "--set", "seed=random", "--token", "the-own")
        (again,) = re.findall(r"Drawn from seed \d+; to repeat: copper-emulator (.*)", out)
        once_more = invoke(*shlex.split(again))

    assert code == 1
    assert shlex.split(again)[:-1] == [*run, *options, "--set"]
    assert len(heard(out)) == 12
    assert heard(once_more[1]) == heard(out)


def heard(out: str) -> list[tuple[str, str]]:
    """The outcome of each notification."""
    return re.findall(r"  (delivered|lost) +#(\d+) ", out)
