"""The commands that talk to a running server, as processes."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from click.testing import CliRunner

from copper_emulator.cli import main
from copper_emulator.cli.talk import parse_attributes
from tests.cli.processes import Process, invoke, run, started, subscribe

TALKING = [
    ["fire", "person.update", "--id", "1"],
    ["advance", "10m"],
    ["journal"],
    ["journal", "--follow"],
    ["status"],
    ["reset"],
    ["create", "person"],
    ["update", "person", "17", "--set", "name=Ada"],
    ["delete", "person", "17"],
    ["merge", "person", "17", "18"],
    ["convert", "17"],
    ["search", "person"],
    ["seed", "person", "people.json"],
]


@pytest.fixture
def server() -> Iterator[Process]:
    """A server whose clock is frozen."""
    with started("serve", "--port", "0", "--clock", "manual", "--latency", "10m") as process:
        yield process


@pytest.mark.parametrize("topic", ["person.update", "person/update"])
def test_a_topic_is_written_with_a_dot_or_a_slash(server: Process, topic: str) -> None:
    code, out, err = invoke("fire", topic, "--id", "17", "--json", server=server.url)

    change = json.loads(out)
    assert (code, err) == (0, "")
    assert (change["type"], change["event"], change["ids"]) == ("person", "update", [17])


def test_fire_is_a_process_of_its_own_too(server: Process) -> None:
    code, out, err = run("fire", "person.update", "--id", "17", server=server.url)

    assert (code, err) == (0, "")
    assert "nobody was notified: no subscription to person/update" in out


def test_fire_says_what_becomes_of_the_change(server: Process) -> None:
    made = subscribe(server.url, "person", "update")

    code, out, _ = invoke("fire", "person.update", "--id", "17", "--server", server.url)

    assert code == 0
    assert f"for subscription {made}: waits, due" in out


def test_what_is_advised_goes_to_the_server_and_the_account_that_were_named(server: Process) -> None:
    subscribe(server.url, "person", "new")
    invoke("fire", "person.new", "--id", "17", server=server.url)
    invoke("advance", "10m", server=server.url)

    by_variable = invoke("why", "person", "17", server=server.url)[1]
    before = invoke("--server", server.url, "why", "person", "17")[1]
    after = invoke("why", "person", "17", "--server", server.url, "--account", "default")[1]
    error = invoke("--server", server.url, "record", "stop")[2]

    advised = "routes https://my-app.example="
    assert f"copper-emulator {advised}" in by_variable
    assert f"copper-emulator --server {server.url} {advised}" in before
    assert f"copper-emulator --server {server.url} --account default {advised}" in after
    assert f"Begin with copper-emulator --server {server.url} record start" in error


def test_advance_shows_what_was_delivered_and_what_time_it_is(server: Process) -> None:
    subscribe(server.url, "person", "update")
    invoke("fire", "person.update", "--id", "17", server=server.url)

    early = invoke("advance", "1m", server=server.url)
    late = invoke("advance", "9m", server=server.url)

    assert "1 notification waiting" in early[1]
    assert "blocked" in late[1]
    assert "no notifications waiting" in late[1]
    assert (early[0], late[0]) == (0, 0)


def test_advance_until_idle_stops_at_its_limit(server: Process) -> None:
    subscribe(server.url, "person", "update")
    invoke("fire", "person.update", "--id", "17", server=server.url)

    short = invoke("advance", "--until-idle", "--limit", "5m", server=server.url)
    enough = invoke("advance", "--until-idle", "--json", server=server.url)

    assert short[0] == 1
    assert "still waiting after 5m" in short[2]
    assert short[2].endswith(" Allow more time with a longer limit (on the command line --limit).\n")
    assert "run_until_idle" not in short[2]
    assert enough[0] == 0
    assert [d["ids"] for d in json.loads(enough[1])["deliveries"]] == [[17]]


def test_journal_prints_what_fits_the_filters_as_text_or_as_json_lines(server: Process) -> None:
    subscribe(server.url, "person", "update")
    invoke("fire", "person.update", "--id", "17", server=server.url)
    invoke("fire", "lead.new", "--id", "18", server=server.url)

    everything = invoke("journal", server=server.url)
    changes = invoke("journal", "--kind", "change", "--json", server=server.url)
    lead = invoke("journal", "--type", "lead", "--event", "new", "--id", "18", server=server.url)

    assert [line.split()[0] for line in everything[1].splitlines()] == ["1", "2", "3", "4"]
    assert [line.split()[3] for line in everything[1].splitlines()] == ["subscribed", "change", "queued", "change"]
    assert [json.loads(line)["change"]["ids"] for line in changes[1].splitlines()] == [[17], [18]]
    assert len(lead[1].splitlines()) == 1
    assert (everything[2], changes[2], lead[2]) == ("", "", "")


def test_following_the_journal_goes_on_from_where_it_stands_until_interrupted(server: Process) -> None:
    for record_id in ("1", "2", "3"):
        invoke("fire", "person.update", "--id", record_id, server=server.url)
    with started("journal", "--follow", "--limit", "2", "--json", "--server", server.url) as following:
        seen = [json.loads(following.first_line), json.loads(following.line())]
        invoke("fire", "person.update", "--id", "4", server=server.url)
        seen.append(json.loads(following.line()))
        code, out, err = following.end()

    assert [entry["change"]["ids"] for entry in seen] == [[2], [3], [4]]
    assert (code, out, err) == (0, "", "")


def test_following_tells_of_a_reset_beside_the_output(server: Process) -> None:
    invoke("fire", "person.update", "--id", "1", server=server.url)
    with started("journal", "--follow", "--json", "--server", server.url) as following:
        invoke("reset", server=server.url)
        invoke("fire", "person.update", "--id", "2", server=server.url)

        assert json.loads(following.line())["change"]["ids"] == [2]
        assert "journal starts over" in following.end()[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_following_ends_with_the_server_and_fails(server: Process, number: signal.Signals) -> None:
    invoke("fire", "person.update", "--id", "1", server=server.url)
    with started("journal", "--follow", "--server", server.url) as following:
        invoke("fire", "person.update", "--id", "2", server=server.url)
        following.line_with("change")
        server.end(number)
        _, err = following.popen.communicate(timeout=60)

        assert following.popen.returncode == 1
        assert "the server has ended" in err


class _Dying(BaseHTTPRequestHandler):
    """A server that ends before it answers a POST."""

    def do_GET(self) -> None:
        body = b'{"accounts": [{"name": "default"}]}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (["wait", "person.new"], "the server has ended while this waited for a delivery"),
        (["reset"], "it is not known whether it was done"),
    ],
)
def test_only_what_may_have_changed_something_is_not_known_to_be_done(command: list[str], text: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Dying) as dying:
        thread = Thread(target=dying.serve_forever)
        thread.start()
        try:
            code, _, err = invoke(*command, server=f"http://127.0.0.1:{dying.server_port}")
        finally:
            dying.shutdown()
            thread.join()

    assert (code, text in err) == (1, True), err


def test_reset_empties_the_account_and_says_so(server: Process) -> None:
    subscribe(server.url, "person", "update")

    code, out, _ = invoke("reset", server=server.url)

    assert (code, out) == (0, "Account default was reset.\n")
    assert invoke("journal", server=server.url)[1] == ""


@pytest.mark.parametrize("command", TALKING, ids=" ".join)
def test_without_a_server_there_is_one_clear_line_and_exit_code_1(command: list[str]) -> None:
    code, out, err = invoke(*command, server="http://127.0.0.1:9")

    assert (code, out) == (1, "")
    assert "nothing answers at http://127.0.0.1:9: start a server with copper-emulator serve" in err
    assert err.count("\n") == 1


def test_what_answers_but_is_no_server_is_called_a_stranger() -> None:
    with started("listen", "--port", "0") as stranger:
        code, out, err = invoke("status", server=stranger.url)

    assert (code, out) == (1, "")
    assert "is not a copper-emulator" in err
    assert err.count("\n") == 1


def test_of_several_accounts_one_must_be_named() -> None:
    with started("serve", "--port", "0", "--token", "a", "--token", "b") as server:
        unnamed = invoke("journal", "--text", "Ada L", server=server.url)
        named = invoke("fire", "person.update", "--id", "1", "--account", "account-2", server=server.url)
        before = invoke("--account", "account-2", "journal", server=server.url)
        both = invoke("--account", "account-2", "journal", "--account", "default", server=server.url)
        in_the_environment = CliRunner().invoke(
            main, ["journal"], env={"COPPER_EMULATOR_URL": server.url, "COPPER_EMULATOR_ACCOUNT": "account-2"}
        )
        wrong = invoke("journal", "--account", "nobody", server=server.url)

        assert (unnamed[0], unnamed[1]) == (2, "")
        assert "--account or COPPER_EMULATOR_ACCOUNT: default, account-2" in unnamed[2]
        assert "copper-emulator --account default journal --text 'Ada L'" in unnamed[2]
        assert named[0] == 0
        assert "person/update" in before[1]
        assert both[1] == ""
        assert in_the_environment.stdout == before[1]
        assert wrong[0] == 1
        assert "there is no account 'nobody'. The accounts are default and account-2." in wrong[2]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["fire", "activity_log.update", "--id", "1", "--json"], "only webhook for activity_log is new"),
        (["fire", "person.updated", "--id", "1"], "there is no event 'updated'"),
        (
            ["journal", "--kind", "chnge"],
            "kind: there is no choice 'chnge'; did you mean 'change'? The choices are subscribed, ",
        ),
        (["journal", "--type", "persn"], "type: there is no type 'persn'; did you mean 'person'? The types are "),
    ],
)
def test_what_the_server_does_not_understand_is_one_line_and_exit_code_2(
    server: Process, command: list[str], says: str
) -> None:
    code, out, err = invoke(*command, server=server.url)

    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("name", "near"), [("nope", "."), ("defualt", "; did you mean 'default'?")])
def test_an_account_that_is_not_there_is_one_line_and_exit_code_1(server: Process, name: str, near: str) -> None:
    assert invoke("reset", "--account", name, server=server.url) == (
        1,
        "",
        f"copper-emulator: there is no account {name!r}{near} The only account is default.\n",
    )


def test_what_cannot_be_done_is_exit_code_1(server: Process) -> None:
    subscribe(server.url, "person", "update")
    invoke("fire", "person.update", "--id", "17", server=server.url)

    code, out, err = invoke("advance", "--until-idle", "--limit", "1m", server=server.url)

    assert (code, out) == (1, "")
    assert "still waiting after 1m" in err


def test_a_clock_that_runs_is_moved_ahead_too() -> None:
    with started("serve", "--port", "0", "--clock", "wall") as server:
        code, out, _ = invoke("advance", "10m", server=server.url)

    assert code == 0
    assert "no notifications waiting" in out


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["name=Ada,Ada Lovelace"], {"name": ["Ada", "Ada Lovelace"]}),
        (["value=null,1200"], {"value": [None, 1200]}),
        (["done=false,true"], {"done": [False, True]}),
        (["zip=0123,4"], {"zip": ["0123", 4]}),
        (["name=,Ada"], {"name": ["", "Ada"]}),
        (['name="Lovelace, Ada",null'], {"name": ["Lovelace, Ada", None]}),
        (['name="Lovelace, Ada",Ada'], {"name": ["Lovelace, Ada", "Ada"]}),
        (['name=Ada, "Lovelace, \\"Ada\\""'], {"name": ["Ada", 'Lovelace, "Ada"']}),
        (['size=5",6"'], {"size": ['5"', '6"']}),
        (['tags=["a","b"],[]'], {"tags": [["a", "b"], []]}),
        (["x=NaN,Infinity"], {"x": ["NaN", "Infinity"]}),
        (["formula=a=b,c=d"], {"formula": ["a=b", "c=d"]}),
        (["a=1,2", "b=3,4"], {"a": [1, 2], "b": [3, 4]}),
        (["custom_fields.5=1,2", "custom_fields.6=3,4"], {"custom_fields": {"5": [1, 2], "6": [3, 4]}}),
    ],
)
def test_values_are_json_where_they_can_be_and_else_text(given: list[str], expected: dict[str, object]) -> None:
    assert parse_attributes(tuple(given)) == expected


def test_attributes_that_no_real_change_has_are_sent_and_told_of(server: Process) -> None:
    args = ("fire", "person.update", "--id", "17", "--set", "nmae=a,b", "--set", "custom_fields.5=1,2")
    code, out, _ = invoke(*args, server=server.url)

    assert code == 0
    assert "Sent as it is, but no change of people reports 'nmae'; did you mean 'name'?\n" in out
    assert "Sent as it is, but there is no custom field 5; there are no custom fields.\n" in out
