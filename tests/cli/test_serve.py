"""`copper-emulator serve`, as a process."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from copper_emulator.cli import main
from copper_emulator.cli.server_options import option_name
from copper_emulator.settings import SETTINGS
from tests.cli.processes import invoke, run, started, subscribe


def test_a_change_travels_from_the_command_line_to_a_listening_endpoint() -> None:
    with (
        started("listen", "--port", "0") as endpoint,
        started("serve", "--port", "0", "--route", f"https://my-app.example={endpoint.url}") as server,
    ):
        subscribe(server.url, "person", "update", secret={"key": "s3cret"})
        code, out, err = run(
            "fire", "person.update", "--id", "17", "--id", "18", "--set", "name=Ada,Ada Lovelace", server=server.url
        )

        assert (code, err) == (0, "")
        assert "person/update [17, 18]" in out
        assert "POST /hooks/copper  person/update [17, 18]  -> 200" in endpoint.line_with("POST")
        assert endpoint.line().strip() == 'name: "Ada" -> "Ada Lovelace"'
        assert endpoint.line().strip() == "key=***"
        assert "secret key=***" in server.line_with("subscribed")
        assert "person/update [17, 18]" in server.line_with("change")
        assert f" via {endpoint.url}: 200" in server.line_with("delivered")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_server_ends_cleanly_when_told_to(number: signal.Signals) -> None:
    with started("serve", "--port", "0") as server:
        code, out, err = server.end(number)

        assert (code, err) == (0, "")
        assert out.endswith("Copper emulator ended.\n")


def test_a_server_told_again_while_it_ends_ends_as_cleanly() -> None:
    with started("serve", "--port", "0") as server:
        server.popen.send_signal(signal.SIGTERM)
        server.line_with("Copper emulator ended.")
        while server.popen.poll() is None:
            server.popen.send_signal(signal.SIGTERM)

        assert server.popen.returncode == 0
        assert server.popen.communicate()[1] == ""


def test_under_nohup_a_closed_terminal_does_not_end_the_server() -> None:
    # What is ignored remains ignored in a child process.
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with started("serve", "--port", "0") as server:
            server.popen.send_signal(signal.SIGHUP)

            assert invoke("status", server=server.url)[0] == 0
            assert server.popen.poll() is None
            assert server.end(signal.SIGTERM)[0] == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_server_ends_while_an_endpoint_hangs_and_someone_follows_the_journal() -> None:
    hanging = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{hanging.getsockname()[1]}"
    with hanging, started("serve", "--port", "0", "--route", f"https://my-app.example={url}") as server:
        subscribe(server.url, "person", "update")
        with started("journal", "--follow", "--server", server.url) as following:
            invoke("fire", "person.update", "--id", "1", server=server.url)
            following.line_with("change")
            connection, _ = hanging.accept()
            code, out, err = server.end()

            assert (code, err) == (0, "")
            assert "unknown" in out
            following.popen.communicate(timeout=60)
            assert following.popen.returncode == 1
        connection.close()


def test_with_json_every_line_of_the_log_is_one_object() -> None:
    with started("serve", "--port", "0", "--json", "--clock", "manual") as server:
        ready = json.loads(server.first_line)
        subscribe(ready["url"], "person", "update", secret={"key": "s3cret"})
        invoke("fire", "person.update", "--id", "1", server=ready["url"])
        code, out, err = server.end()

        logged = [json.loads(line) for line in out.splitlines()]
        assert (code, err) == (0, "")
        assert (ready["kind"], ready["clock"]) == ("ready", "manual")
        assert [line["kind"] for line in logged] == [
            "settings",
            "subscribed",
            "change",
            "queued",
            "sending",
            "ended",
            "ended",
        ]
        assert logged[5]["delivery"]["outcome"] == "blocked"
        assert {line["account"] for line in logged[:-1]} == {"default"}
        assert "s3cret" not in out


def test_each_line_of_another_account_is_marked_with_its_name() -> None:
    with started("serve", "--port", "0", "--token", "a", "--token", "b") as server:
        subscribe(server.url, "person", "update", token="a")
        subscribe(server.url, "lead", "update", token="b")

        assert not server.line_with("person/update").startswith("[")
        assert server.line_with("lead/update").startswith("[account-2] ")


def test_a_token_that_opens_an_account_is_told_with_what_commands_need_from_then_on() -> None:
    with started("serve", "--port", "0") as server:
        subscribe(server.url, "person", "update", token="a")
        subscribe(server.url, "lead", "update", token="b")

        first = server.line_with("account default belongs to the API key of ada@example.com")
        assert "--account" not in first
        assert "like --account account-2; " in server.line_with("account account-2 belongs to the API key of ")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--latency", "soon"], "--latency: 'soon' is not a duration"),
        (["--latency", "9" * 400 + "s"], "--latency: a duration must be between 0 and ten years"),
        (["--limits", "600"], "--limits: '600' is not a limit"),
        (["--over-limit", "wait"], "--over-limit: "),
        (["--window", "sliding"], "--window: "),
        (["--profile", "mine"], "--profile: "),
        (["--seed", "x"], "--seed: "),
        (["--batch", "31"], "--batch: "),
        (["--in-flight", "0"], "--in-flight: "),
        (["--user-agent", "a\nb"], "--user-agent: "),
        (["--allow-target", "api.copper.com"], "--allow-target: nothing is ever delivered to Copper itself"),
        (["--allow-target", "http://x"], "--allow-target: "),
        (["--route", "https://my-app.example"], "write ORIGIN=URL"),
        (["--route", "my-app.example=http://127.0.0.1:5000"], "is not an origin of targets"),
        (["--route", "https://my-app.example=nowhere"], "is not a URL to send to"),
        (["--route", "https://my-app.example=https://api.copper.com"], "Copper itself"),
        (["--token", ""], "--token"),
        (["--state", ""], "--state: the name of a file cannot be empty; leave --state out to keep nothing"),
        (["--port", "x"], "--port"),
        (["--port", "65536"], "--port"),
        (["--clock", "sundial"], "--clock"),
        (["--latencyy", "1s"], "--latencyy"),
        (["extra"], "extra"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_value_that_cannot_be_is_one_line_and_exit_code_2(args: list[str], says: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "0", *args])

    assert result.exit_code == 2
    assert result.stdout == ""
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_wrong_value_is_one_line_in_a_real_process_too() -> None:
    code, out, err = run("serve", "--port", "0", "--latency", "soon")

    assert (code, out) == (2, "")
    assert err.count("\n") == 1


@pytest.mark.parametrize("variable", ["COPPER_EMULATOR_SENDER", "COPPER_EMULATOR_SERVER"])
def test_a_client_or_server_that_does_not_exist_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "httpx")

    code, out, err = run("serve", "--port", "0")

    assert (code, out) == (1, "")
    assert err.startswith(f"copper-emulator: {variable}=httpx: write aiohttp, or leave it out")
    assert err.count("\n") == 1


def test_a_port_in_use_is_said_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = run("serve", "--port", str(port))

    assert (code, out) == (1, "")
    assert f"port {port} of 127.0.0.1 is in use" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--tls-port", "{0}"], "--tls-port: {0} is already --port; name a different one, or 0 for a free one"),
        (["--proxy", "{0}"], "--proxy: {0} is already --port"),
        (["--tls-port", "{1}", "--proxy", "{1}"], "--proxy: {1} is already --tls-port"),
    ],
)
def test_one_port_for_two_things_is_no_other_server(args: list[str], says: str) -> None:
    result = CliRunner().invoke(main, ["serve", "--port", "2929", *(arg.format(2929, 2930) for arg in args)])

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert says.format(2929, 2930) in result.stderr


def test_a_scenario_of_the_folder_that_cannot_be_played_is_told_of_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "right.yaml").write_text("name: right\nsteps:\n  - advance: 1m\n")
    (tmp_path / "wrong.yaml").write_text("name: wrong\nsteps:\n  - advance: soon\n")
    with started("serve", "--port", "0", "--scenarios", str(tmp_path)) as server:
        code, _, err = server.end()

    assert (code, err.count("\n")) == (0, 1)
    assert err.startswith(f"copper-emulator: --scenarios: {tmp_path}/wrong.yaml:3: steps[1].advance: 'soon' is not a ")


def test_an_address_that_is_not_this_machines_is_said_in_one_line() -> None:
    code, out, err = run("serve", "--port", "0", "--bind", "192.0.2.1")

    assert (code, out) == (1, "")
    assert err.startswith("copper-emulator: cannot listen on 192.0.2.1")
    assert err.count("\n") == 1


def test_every_setting_is_an_option_with_its_description_and_default() -> None:
    text = " ".join(CliRunner().invoke(main, ["serve", "--help"], terminal_width=10_000).output.split())

    for name, setting in SETTINGS.items():
        if name == "intercept":
            continue
        assert f"{option_name(name)} " in text
        assert " ".join(setting.description.split()) in text
    assert "[default: 600/1m,1800/10m]" in text
    assert "[default: 16]" in text


@pytest.mark.parametrize("option", ["--intercept", "--no-intercept"])
@pytest.mark.parametrize(
    ("command", "says"),
    [(["serve"], " --proxy PORT leads"), (["exec", "--", "true"], "always land here; leave it out")],
)
def test_what_only_tests_intercept_by_is_no_option_and_says_what_is(command: list[str], says: str, option: str) -> None:
    result = CliRunner().invoke(main, [command[0], option, *command[1:]])

    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert says in result.stderr
    assert "--intercept" not in CliRunner().invoke(main, [command[0], "--help"]).output


def test_settings_reach_the_accounts() -> None:
    args = ["--limits", "1/10m", "--over-limit", "drop", "--no-allow-http", "--batch", "2", "--timestamp", "sent"]
    with (
        started("listen", "--port", "0", "--json") as endpoint,
        started(
            "serve", "--port", "0", "--clock", "manual", *args, "--route", f"https://my-app.example={endpoint.url}"
        ) as server,
    ):
        subscribe(server.url, "person", "update")
        _, out, _ = invoke("fire", "person.update", "--id", "1", "--id", "2", "--id", "3", "--json", server=server.url)

        notifications = json.loads(out)["notifications"]
        assert [(n["ids"], n["state"]) for n in notifications] == [([1, 2], "delivered"), ([3], "dropped")]


def test_listening_beyond_this_machine_is_warned_of() -> None:
    with started("serve", "--port", "0", "--bind", "0.0.0.0") as server:
        assert server.url.startswith("http://127.0.0.1:")
        code, _, err = server.end()

    assert code == 0
    assert "beyond this machine" in err


def test_a_log_that_nobody_reads_any_more_disturbs_nothing() -> None:
    with started("serve", "--port", "0", "--clock", "manual") as server:
        assert server.popen.stdout is not None
        server.popen.stdout.close()
        subscribe(server.url, "person", "update")
        code, out, _ = invoke("fire", "person.update", "--id", "1", server=server.url)
        server.popen.send_signal(signal.SIGINT)

        assert code == 0
        assert "blocked" in out
        assert server.popen.wait(timeout=60) == 0


@pytest.mark.parametrize("as_json", [False, True])
def test_a_server_whose_log_is_not_read_goes_on_and_the_log_tells_what_is_missing(*, as_json: bool) -> None:
    """A pipe holds about 64 KiB, and the server keeps some thousand lines; there are far more here."""
    options = ["--json"] if as_json else []
    with started("serve", "--port", "0", "--clock", "manual", *options) as server, requests.Session() as session:
        url = f"{server.url}/_emulator/v1/accounts/default/fire"
        body = b'{"type": "person", "event": "update", "ids": [1]}'
        for _ in range(40):
            subscribe(server.url, "person", "update")
        for _ in range(120):
            # Forty blocked notifications, with a line for each change and two for each notification.
            assert session.post(url, data=body, timeout=60).status_code == 200
        code, out, err = server.end()

        (missing,) = [line for line in out.splitlines() if "left out" in line]
        assert (code, err) == (0, "")
        assert re.search(r'"lines": [1-9]' if as_json else r" [1-9][\d,]* lines left out", missing)
        if as_json:
            assert all(json.loads(line)["kind"] for line in out.splitlines())


def test_a_server_whose_log_is_not_read_ends_when_told_to() -> None:
    with started("serve", "--port", "0") as server, requests.Session() as session:
        for _ in range(100):
            session.get(f"{server.url}/{'x' * 4000}", timeout=60)
        server.popen.send_signal(signal.SIGTERM)

        assert server.popen.wait(timeout=60) == 0


def test_a_call_that_no_account_can_tell_of_is_in_the_log() -> None:
    with started("serve", "--port", "0", "--token", "right") as server:
        headers = {"X-PW-AccessToken": "wr0ng", "X-PW-Application": "developer_api", "X-PW-UserEmail": "x@example.com"}
        answer = requests.get(f"{server.url}/developer_api/v1/webhooks", headers=headers, timeout=60)
        line = server.line_with("refused")

    assert answer.status_code == 401
    assert "GET /developer_api/v1/webhooks: 401 Unauthorized; This token belongs to no account here." in line
    assert "--token" in line
    assert "wr0ng" not in line


def test_a_call_that_no_account_can_tell_of_has_none_in_the_json_log() -> None:
    with started("serve", "--port", "0", "--json") as server:
        requests.get(f"{json.loads(server.first_line)['url']}/developer_api/v1/webhooks", timeout=60)
        logged = json.loads(server.line())

    assert (logged["account"], logged["kind"]) == (None, "api refused")
    assert "401" in logged["line"]


def test_what_clients_send_can_neither_break_lines_of_the_log_nor_give_orders_to_the_terminal() -> None:
    with started("serve", "--port", "0") as server:
        headers = {"X-PW-AccessToken": "a", "X-PW-Application": "developer_api", "X-PW-UserEmail": "x@example.com"}
        url = f"{server.url}/developer_api/v1/webhooks"
        requests.post(url, json={"\x1b[31mred\n2026 forged": ":warning:"}, headers=headers, timeout=60)
        refused = server.line_with("refused")
        _, rest, _ = server.end()

    assert "forged" in refused
    assert "\x1b" not in refused + rest
    assert rest == "Copper emulator ended.\n"


def test_two_servers_do_not_meet() -> None:
    with started("serve", "--port", "0") as one, started("serve", "--port", "0") as other:
        subscribe(one.url, "person", "update")

        assert "  1 subscription, 0 changes" in invoke("status", server=one.url)[1]
        assert "  0 subscriptions, 0 changes" in invoke("status", server=other.url)[1]


def test_many_callers_at_once_are_served() -> None:
    with started("serve", "--port", "0") as server:
        callers = [
            threading.Thread(target=subscribe, args=(server.url, "person", "update"), kwargs={"token": f"t{n}"})
            for n in range(8)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        _, out, _ = invoke("status", "--json", server=server.url)

        assert [account["subscriptions"] for account in json.loads(out)["accounts"]] == [1] * 8
