"""`copper-emulator exec`: the command notices nothing, and the user who runs it is told everything."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import trustme

from copper_emulator.cli import main
from copper_emulator.cli.reaching import check_allowed
from tests.cli.processes import invoke
from tests.executing.commands import ACCOUNT, CURL, EXEC, NAME, Ended, Executing, environment, missing, runtime
from tests.shell.endpoints import http_endpoint

SUBSCRIPTION: dict[str, Any] = {
    "target": "https://my-app.example/hooks",
    "type": "person",
    "event": "new",
    "secret": {"key": "s3cret"},
}


# --- streams and exit codes ---------------------------------------------------------------------------------


def test_stdin_and_stdout_are_the_commands_and_the_timeline_is_on_stderr(executing: Executing) -> None:
    runtime("curl")
    webhooks = "https://api.copper.com/developer_api/v1/webhooks"

    ended = executing.shell(
        f"{CURL} -H 'Content-Type: application/json' -d @- {webhooks} | tr a-z A-Z", stdin=json.dumps(SUBSCRIPTION)
    )

    assert ended.code == 0
    made = json.loads(ended.out)
    assert made["TARGET"] == SUBSCRIPTION["target"].upper()
    lines = ended.err.splitlines()
    assert lines[0].startswith("copper-emulator: Copper's hosts lead to http://127.0.0.1:")
    assert lines[1] == "copper-emulator: what happened (UTC):"
    assert lines[2].endswith(f"subscribed  {made['ID']} person/new -> https://my-app.example/hooks (secret key=***)")
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 143), ("kill -KILL $$", 137)]
)
def test_the_exit_code_is_the_commands(executing: Executing, script: str, code: int) -> None:
    assert executing.shell(script).code == code


@pytest.mark.parametrize(
    ("name", "content", "mode", "code", "says"),
    [
        ("missing", None, 0, 127, "command not found"),
        ("plain", "echo", 0o644, 126, "cannot be executed: chmod +x"),
        ("orphan", "#!/no/such/interpreter\n", 0o755, 127, "cannot be run: No such file or directory"),
        ("garbage", "\0\1\2", 0o755, 126, "cannot be run: Exec format error"),
    ],
)
def test_a_command_that_cannot_be_run_ends_as_in_a_shell(
    executing: Executing, tmp_path: Path, name: str, content: str | None, mode: int, code: int, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
        path.chmod(mode)

    ended = executing([str(path)])

    assert ended.code == code
    assert f"{path}: {says}" in ended.err or f"{path} {says}" in ended.err
    assert "Traceback" not in ended.err


def test_a_folder_is_no_command(executing: Executing, tmp_path: Path) -> None:
    ended = executing([str(tmp_path)])

    assert (ended.code, ended.err) == (126, f"copper-emulator: {tmp_path} is a folder\n")


def test_with_json_exec_says_objects_and_the_command_says_what_it_says(executing: Executing) -> None:
    runtime("curl")
    ended = executing.shell(f"{CURL} {ACCOUNT}; {CURL} http://example.com; echo own >&2; exit 3", "--json")

    ready, refused, over = ended.told
    assert ended.code == over["exit_code"] == 3
    assert json.loads(ended.out.partition("copper-emulator's proxy")[0])["name"] == NAME
    assert "own" in ended.err.splitlines()
    assert ready["api_url"] == ready["url"] + "/developer_api/v1"
    assert (refused["kind"], refused["authority"]) == ("refused", "example.com:80")
    assert over["refused"] == [{"authority": "example.com:80", "text": refused["text"], "times": 1}]
    assert [(account["name"], account["timeline"]) for account in over["accounts"]] == [
        ("default", ["nothing happened"])
    ]


def test_the_command_does_not_notice_that_nobody_reads_stderr(executing: Executing) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as nobody:
        command = [*EXEC, "--", "sh", "-c", "echo out; exit 4"]
        done = subprocess.run(
            command,
            check=False,
            stdout=subprocess.PIPE,
            stderr=nobody,
            text=True,
            env=environment(executing.authority),
            timeout=60,
        )

    assert (done.returncode, done.stdout) == (4, "out\n")


# --- signals ------------------------------------------------------------------------------------------------

TRAP = """
trap 'echo got {name}; exit 5' {name}
echo ready
while :; do sleep 0.05; done
"""


def told(executing: Executing, name: str, number: signal.Signals) -> Ended:
    """A shell with a trap, run by exec, which is sent a signal once the shell is ready."""
    command = [*EXEC, "--", "sh", "-c", TRAP.format(name=name)]
    # Under nohup, a hang-up is ignored, also by every child, and a shell cannot trap what was ignored when it started.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        running = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(executing.authority),
            # No terminal, as on CI.
            start_new_session=True,
        )
    finally:
        signal.signal(number, before)
    with running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            running.send_signal(number)
            out, err = running.communicate(timeout=60)
        finally:
            # This does nothing if it has ended by itself.
            running.kill()
    return Ended(running.returncode, out, err)


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "USR1"])
def test_a_signal_is_passed_on(executing: Executing, name: str) -> None:
    ended = told(executing, name, signal.Signals[f"SIG{name}"])

    assert (ended.code, ended.out) == (5, f"got {name}\n")
    assert ended.err.endswith("--isolate shows it\n")


def test_the_terminals_ctrl_c_reaches_the_command_once(executing: Executing) -> None:
    script = (
        "import signal, sys, threading\n"
        "times = []\n"
        "signal.signal(signal.SIGINT, lambda number, frame: times.append(number))\n"
        "print('ready', flush=True)\n"
        "for _ in range(1200): times or threading.Event().wait(0.05)\n"
        # A second one would come meanwhile.
        "for _ in range(20): threading.Event().wait(0.05)\n"
        "sys.exit(len(times))"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.execve(EXEC[0], [*EXEC, "--", EXEC[0], "-c", script], environment(executing.authority))
    said, sent = b"", False
    with open(terminal, "rb+", buffering=0) as opened:
        while True:
            try:
                said += opened.read(1000)
            except OSError:
                # On Linux, this means that the other end is closed.
                break
            if b"ready" in said and not sent:
                opened.write(b"\x03")
                sent = True
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1, said


def test_what_is_ignored_is_ignored_by_the_command_too(executing: Executing) -> None:
    """As under nohup."""
    ended = executing.shell("kill -HUP $$; echo lives", before=["sh", "-c", 'trap "" HUP; exec "$@"', "sh"])

    assert (ended.code, ended.out) == (0, "lives\n")


# --- what the user has already ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"])
def test_authorities_of_the_users_own_are_still_trusted(executing: Executing, tmp_path: Path, name: str) -> None:
    company = trustme.CA().cert_pem.bytes().decode()
    tmp_path.joinpath("company.pem").write_text(company)

    ended = executing.shell(f'cat "${name}"', env={name: str(tmp_path / "company.pem")})

    assert company.strip() in ended.out
    assert executing.authority.joinpath("certificate.pem").read_text().strip() in ended.out


def test_settings_of_wget_that_are_no_text_disturb_nothing(executing: Executing, tmp_path: Path) -> None:
    tmp_path.joinpath(".wgetrc").write_bytes(b"user_agent = Andr\xe9\n")

    ended = executing(["true"], env={"HOME": str(tmp_path)})

    assert (ended.code, "Traceback" in ended.err) == (0, False)


# --- what is refused ----------------------------------------------------------------------------------------


def test_another_host_is_refused_told_once_and_counted(executing: Executing) -> None:
    runtime("curl")
    ended = executing.shell("for i in 1 2 3; do curl -sS https://example.com/; done")

    refusals = [line for line in ended.err.splitlines() if line.startswith("copper-emulator: refused")]
    assert refusals == [
        "copper-emulator: refused example.com:443: example.com is not Copper's API (api.copper.com or "
        "api.prosperworks.com), and nothing else goes out. To allow it: --proxy-allow example.com",
        "copper-emulator: refused example.com:443 3 times",
    ]
    assert ended.out == ""


def test_an_allowed_host_and_this_machine_are_reached(executing: Executing) -> None:
    """127.1 is this machine, but not recognised as such."""
    ask = "import sys, urllib.request as r; print([r.urlopen(u, b'').status for u in sys.argv[1:]])"
    with http_endpoint() as endpoint:
        urls = [f"http://{host}:{endpoint.server_port}/" for host in ("127.0.0.1", "localhost", "127.1")]

        ended = executing([EXEC[0], "-c", ask, *urls], "--proxy-allow", "127.1")
        assert ended.out == "[200, 200, 200]\n"

        assert "refused 127.1:" in executing([EXEC[0], "-c", ask, urls[2]]).err


def test_an_allowed_host_at_which_nothing_answers_is_not_refused(executing: Executing) -> None:
    runtime("curl")
    ended = executing.shell("curl -sS https://other.test/; curl -sS https://other.test/", "--proxy-allow", "other.test")

    assert "copper-emulator: nothing answers at other.test:443 (" in ended.err
    assert "refused" not in ended.err


def test_a_call_with_a_wrong_token_is_told(executing: Executing) -> None:
    runtime("curl")
    ended = executing.shell(f"{CURL} {ACCOUNT}", "--token", "another")

    assert json.loads(ended.out)["status"] == 401
    assert "the API refused GET /developer_api/v1/account: 401" in ended.err
    assert "no call" not in ended.err


def test_refused_calls_are_counted_at_the_end(executing: Executing) -> None:
    """Between the first one and the end, a suite may print a lot."""
    runtime("curl")
    script = f"{CURL} {ACCOUNT}; {CURL} {ACCOUNT}; {CURL} {ACCOUNT}s"

    *_, last = executing.shell(script, "--token", "another").err.splitlines()
    assert last.startswith(
        "copper-emulator: the API refused 3 calls that no timeline shows; the first: GET /developer_api/v1/account: 401"
    )

    counted = executing.shell(script, "--token", "another", "--json").told[-1]["api_refused"]
    assert [each["times"] for each in counted] == [2, 1]


def test_of_a_state_file_only_what_is_new_is_told(executing: Executing, tmp_path: Path) -> None:
    runtime("curl")
    state = ("--state", str(tmp_path / "state.json"))
    subscribe = f"{CURL} -H 'Content-Type: application/json' -d @- https://api.copper.com/developer_api/v1/webhooks"
    first, second = (json.dumps({**SUBSCRIPTION, "event": event}) for event in ("new", "update"))

    executing.shell(subscribe, *state, stdin=first)
    again = executing.shell(subscribe, *state, stdin=second).err
    idle = executing(["true"], *state).err

    assert "what happened (UTC), after 1 entry from the state file:" in again
    assert "person/update" in again
    assert "person/new" not in again
    assert "nothing was subscribed or changed, after 2 entries from the state file" in idle
    assert "no call to Copper's API arrived" in idle


def test_a_client_that_does_not_trust_the_authority_is_told_of(executing: Executing) -> None:
    runtime("curl")
    ended = executing.shell(f"CURL_CA_BUNDLE=/dev/null SSL_CERT_FILE=/dev/null {CURL} {ACCOUNT}")

    assert ended.code in (35, 60, 77)
    assert "copper-emulator: the API refused TLS from a client that " in ended.err


def test_where_no_call_arrived_it_is_said_what_that_may_mean(executing: Executing) -> None:
    assert executing(["true"]).err.splitlines()[-1] == (
        "copper-emulator: no call to Copper's API arrived; `copper-emulator docs hosts` lists what bypasses a proxy, "
        "and --isolate shows it"
    )


# --- what it goes on from, and what cannot be ---------------------------------------------------------------


def test_state_is_kept_from_one_command_to_the_next(executing: Executing, tmp_path: Path) -> None:
    runtime("curl")
    people = "https://api.copper.com/developer_api/v1/people"
    state = ["--state", str(tmp_path / "copper.state")]
    body = """-H 'Content-Type: application/json' -d '{"name":"Ada"}'"""
    made = json.loads(executing.shell(f"{CURL} {body} {people}", *state).out)

    again = executing.shell(f"{CURL} {people}/{made['id']}", *state)

    assert json.loads(again.out)["name"] == "Ada"


def test_what_was_not_sent_when_the_command_ended_is_counted(executing: Executing) -> None:
    runtime("curl")
    json_of = "-H 'Content-Type: application/json' -d"
    api = "https://api.copper.com/developer_api/v1"
    subscribe = f"{CURL} {json_of} '{json.dumps(SUBSCRIPTION)}' {api}/webhooks"
    create = f"""{CURL} {json_of} '{{"name":"Ada"}}' {api}/people"""

    ended = executing.shell(f"{subscribe}; {create}", "--latency", "5m")

    assert "1 notification had not been sent when the command ended" in ended.err


@pytest.mark.parametrize("host", ["2001:db8::5", "[2001:db8::5]", "192.0.2.1", "my_host.example", "intranet"])
def test_whatever_a_refusal_names_can_be_allowed(host: str) -> None:
    check_allowed([host])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--proxy-allow", "api.copper.com", "--", "true"], "nothing ever goes to Copper itself"),
        (["--proxy-allow", "https://example.com", "--", "true"], "write only the name of a host"),
        (["--proxy-allow", "example.com:443", "--", "true"], "write only the name of a host"),
        (["--proxy-allow", "[2001:db8::5]:443", "--", "true"], "write only the name of a host"),
        (["--proxy-allow", "*.foo.test", "--", "true"], "'*.foo.test': name each host by itself"),
        (["--proxy-allow", "", "--", "true"], "write only the name of a host"),
        (["--proxy-allow", "example.com", "--isolate", "--", "true"], "no other host can be reached"),
        (["--token", " ", "--", "true"], "a token cannot be empty"),
        (["--target", "http://127.0.0.1:1/", "--", "true"], "give --scenario, too"),
        (
            ["--wait", "1s", "--", "true"],
            "--wait says how long a scenario waits to begin: give --scenario",
        ),
        (["--scenario", "no_such", "--", "true"], "there is no scenario 'no_such'"),
        (["--scenario", "first_notification", "--wait", "soon", "--", "true"], "--wait: 'soon' is not a duration"),
        (["--latency", "soon", "--", "true"], "--latency: 'soon' is not a duration"),
        (["--no-such-option", "--", "true"], "--no-such-option"),
        ([], "COMMAND..."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_run(options: list[str], says: str) -> None:
    code, out, err = invoke("exec", *options)

    assert (code, out) == (2, "")
    assert says in err


def test_options_after_the_command_are_the_commands(executing: Executing) -> None:
    assert executing(["echo", "--json", "--isolate", "--help"]).out == "--json --isolate --help\n"
    assert "exec" in main.list_commands(None)  # type: ignore[arg-type]


def test_an_authority_that_cannot_be_had_is_said_with_a_code_of_its_own(tmp_path: Path) -> None:
    tmp_path.joinpath("file").write_text("")

    ended = Executing(tmp_path / "file" / "authority")(["true"])

    assert ended.code == 125
    assert "COPPER_EMULATOR_AUTHORITY" in ended.err
    assert "Traceback" not in ended.err


# --- isolated -----------------------------------------------------------------------------------------------

NO_NAMESPACES = ["unshare", "-Ur", "sh", "-c", 'echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"', "sh"]


def isolated_or_skipped(ended: Ended) -> Ended:
    if ended.code == 125 and "--isolate" in ended.err:
        missing(ended.err, "COPPER_ISOLATION_REQUIRED")
    return ended


def test_no_isolation_is_a_failure_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    not_had = Ended(125, "", "copper-emulator: --isolate: the system gives none")
    monkeypatch.delenv("COPPER_ISOLATION_REQUIRED", raising=False)
    with pytest.raises(pytest.skip.Exception, match="gives none"):
        isolated_or_skipped(not_had)

    monkeypatch.setenv("COPPER_ISOLATION_REQUIRED", "1")
    with pytest.raises(pytest.fail.Exception, match="gives none"):
        isolated_or_skipped(not_had)


def test_isolated_there_is_copper_and_this_machine_and_nothing_else(executing: Executing) -> None:
    runtime("curl")
    python = f"{EXEC[0]} -I -c \"import socket; socket.create_connection(('192.0.2.1', 443), 5)\""

    ended = isolated_or_skipped(executing.shell(f"{CURL} {ACCOUNT}; {python}", "--isolate"))

    assert json.loads(ended.out)["name"] == NAME
    assert "Network is unreachable" in ended.err
    assert "watched" not in ended.err


def test_isolated_a_notification_reaches_an_endpoint_of_the_command(executing: Executing, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    service = Path(__file__).with_name("service.py")

    ended = isolated_or_skipped(
        executing(
            [EXEC[0], str(service), str(port)],
            "--isolate",
            "--scenario",
            "first_notification",
            "--target",
            f"http://127.0.0.1:{port}/hooks",
        )
    )

    assert ended.code == 0, ended.err
    assert [json.loads(line)["event"] for line in ended.out.splitlines()] == ["new", "update"]


def test_where_the_system_does_not_allow_it_nothing_is_run(executing: Executing) -> None:
    if subprocess.run([*NO_NAMESPACES, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no namespace of users can be had, in which none of networks could be")

    ended = executing.shell("echo ran", "--isolate", before=NO_NAMESPACES)

    assert (ended.code, ended.out) == (125, "")
    assert ended.err.startswith("copper-emulator: --isolate: the system denies this user a network namespace (")
    assert ended.err.endswith("Nothing was run\n")
