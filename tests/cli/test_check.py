"""`copper-emulator check` as a person uses it: the table, the files, the exit code, and refusals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from copper_emulator import check_names
from copper_emulator.checks.plan import rows_of
from copper_emulator.checks.run import IDS_PER_RUN
from copper_emulator.checks.standalone import first_id
from copper_emulator.settings import Settings
from copper_emulator.shell.serving.server import DEFAULT_PORT
from tests.checks.served import served
from tests.cli.processes import free_port, invoke, run, started
from tests.machine.samples import sample

HEADERS = {"X-PW-AccessToken": "any", "X-PW-Application": "developer_api", "X-PW-UserEmail": "ada@example.com"}
SECRET = ("--secret", "key=s3cret")
NOT_REACHED = (
    "copper-emulator: nothing was checked, since the first notification did not reach the endpoint; "
    "the report says why\n"
)
SHORT = ("--skip", "burst,slow-fetch,api-hangs", *SECRET)


def checked(name: str, *args: str, port: int) -> tuple[int, str, str]:
    app = sample(name, api_url=f"http://127.0.0.1:{port}/developer_api/v1", headers=HEADERS)
    with served(app) as url:
        return invoke("check", url, "--port", str(port), "--state-url", url.replace("/hook", "/state"), *args)


def test_a_right_endpoint_ends_with_0() -> None:
    port = free_port()
    code, out, err = checked("right", *SHORT, port=port)

    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[1].startswith(f"Records can be fetched at http://127.0.0.1:{port}/developer_api/v1 with any token")
    assert [line.split()[1] for line in lines if line.startswith("passed")] == [
        name for name in check_names() if name not in ("burst", "slow-fetch", "api-hangs")
    ]
    assert lines[-1] == f"{len(check_names()) - 3} rows passed"


@pytest.mark.parametrize("strict", [(), ("--strict",)])
def test_without_a_state_a_right_endpoint_ends_with_0_and_the_summary_says_what_was_seen(
    strict: tuple[str, ...],
) -> None:
    port = free_port()
    app = sample("right", api_url=f"http://127.0.0.1:{port}/developer_api/v1", headers=HEADERS)
    with served(app) as url:
        code, out, _ = invoke("check", url, "--port", str(port), *SHORT, *strict)

    *_, note, last = out.splitlines()
    played = len(check_names()) - 7
    assert code == 0, out
    assert last == f"{played + 1} rows passed ({played - 3} by their answers alone), 3 skipped"
    assert note.startswith(
        "Note: only answers were judged, not what was done: give the endpoint's state (--state-url) to"
    )


def test_what_has_tried_nothing_for_want_of_calls_is_one_line_and_told_where_to_fetch_from() -> None:
    port = free_port()
    with served(lambda environ, start: (start("200 OK", []), [b""])[1]) as url:
        rows = "answers,slow-fetch,rate-limited,api-down-once"
        code, out, _ = invoke("check", url, "--port", str(port), "--only", rows, "--patience", "0")

    *_, line, advice, _, last = out.splitlines()
    assert code == 0
    assert line.split(maxsplit=1) == ["skipped", "slow-fetch to api-down-once (3)  the API was not called meanwhile"]
    assert (
        f"-> To have it tried, let the endpoint fetch from http://127.0.0.1:{port}/developer_api/v1; if it " in advice
    )
    assert last == "1 row passed (1 by its answers alone), 3 skipped"


def test_a_wrong_one_ends_with_1_and_is_told_why_and_what_to_do() -> None:
    code, out, _ = checked("ignores deletes", "--only", "answers,batch-2", "--patience", "0", *SECRET, port=free_port())

    assert code == 1
    assert "FAILED   batch-2" in out
    assert "is in the state, but not at Copper" in out
    assert "-> Handle all of `ids`" in out
    assert out.splitlines()[-1] == "1 row passed, 1 failed"


def test_reports_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    xml, html = tmp_path / "check.xml", tmp_path / "check.html"
    files = ("--junit", str(xml), "--html", str(html))
    code, out, _ = checked("right", "--only", "answers,secret-wrong", "--json", *files, *SECRET, port=free_port())

    told = json.loads(out)
    assert code == 0
    assert [row["name"] for row in told["rows"]] == ["answers", "secret-wrong"]
    assert told["ok"] is True
    assert len(ElementTree.fromstring(xml.read_text())[0].findall("testcase")) == 2
    assert html.read_text().startswith("<!DOCTYPE html>")


def test_what_many_rows_fail_for_is_told_in_the_end() -> None:
    """Rows are printed as they come, and only then is it known."""
    port = free_port()
    rows = "type-lead,type-person,batch-1,late,again"
    code, out, _ = checked("ignores deletes", "--only", rows, *SECRET, port=port)

    *_, told, summary = [line for line in out.splitlines() if not line.startswith("Note: ")]
    assert code == 1
    assert re.fullmatch(
        r"4 of the 5 failed rows fail as type-lead does, so begin there: after delete: lead \d+ is in the state, "
        "but not at Copper",
        told,
    )
    assert summary == "0 rows passed, 5 failed"


def test_a_command_can_tell_the_state(tmp_path: Path) -> None:
    store = tmp_path / "state.json"
    store.write_text("{}")

    def app(environ: Any, start_response: Any) -> list[bytes]:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        store.write_text(json.dumps({body["type"]: body["ids"]}))
        start_response("200 OK", [])
        return []

    command = f"{sys.executable} -c \"print(open('{store}').read())\""
    with served(app) as url:
        code, out, _ = invoke("check", url, "--port", "0", "--only", "answers", "--state-command", command)

    assert code == 0
    assert "1 record as Copper has it" in out


@pytest.mark.parametrize("args", [("--time-limit", "0"), ("--only", "late", "--types", "activity_log")])
def test_where_nothing_was_played_nothing_is_said_to_be_well(args: tuple[str, ...]) -> None:
    code, out, err = invoke("check", "http://127.0.0.1:9/hook", "--port", "0", *args)

    assert code == 2
    assert out.splitlines()[-1].startswith("0 rows passed, ")
    assert "nothing was checked, since every row was skipped" in err
    assert err.count("\n") == 1


def test_rows_that_are_skipped_for_one_reason_are_one_line() -> None:
    code, out, _ = invoke("check", "http://127.0.0.1:9/hook", "--port", "0", "--only", "answers,again,gone,burst")

    assert code == 2
    assert [line.split("  ")[1].strip() for line in out.splitlines() if line.startswith("skipped")] == [
        "again to burst (3)"
    ]


def test_runs_a_second_apart_have_no_record_in_common() -> None:
    for now in (0, 1_790_000_000_000):
        assert first_id(now + 1_000) - first_id(now) == IDS_PER_RUN


@pytest.mark.parametrize(("option", "begins"), [("--junit", "<?xml"), ("--html", "<!doctype html>")])
def test_a_report_on_stdout_stands_there_alone(option: str, begins: str) -> None:
    code, out, err = invoke("check", "http://127.0.0.1:9/hook", "--port", "0", "--only", "answers", option, "-")

    assert (code, err) == (2, NOT_REACHED)
    assert out.lower().startswith(begins)


def test_a_report_that_cannot_be_written_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    heard: list[object] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        heard.append(environ)
        start_response("200 OK", [])
        return []

    new = tmp_path / "new.xml"
    with served(app) as url:
        files = ("--junit", str(new), "--html", str(tmp_path / "no folder" / "x.html"))
        code, _, err = invoke("check", url, "--port", "0", "--only", "answers", *files)

    assert (code, heard) == (2, [])
    assert "cannot be written" in err
    assert not new.exists()


def test_a_report_that_cannot_be_written_in_the_end_is_still_printed(tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()

    def app(environ: Any, start_response: Any) -> list[bytes]:
        folder.rmdir()
        start_response("200 OK", [])
        return []

    with served(app) as url:
        code, out, err = invoke(
            "check", url, "--port", "0", "--only", "answers", "--json", "--html", str(folder / "x.html")
        )

    assert code == 2
    assert json.loads(out)["ok"] is True
    assert "cannot be written" in err


def test_another_run_has_other_records() -> None:
    seen: list[int] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.extend(json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["ids"])
        start_response("200 OK", [])
        return []

    with served(app) as url:
        invoke("check", url, "--port", "0", "--only", "answers,again", "--no-secret")

    assert min(seen) > 94_808_711
    assert max(seen) < 2**31


def test_the_list_names_every_row() -> None:
    code, out, _ = invoke("check", "--list")
    _, told, _ = invoke("check", "--list", "--json")

    assert code == 0
    names = [*check_names(), "restarted", "killed-after-answer"]
    assert [line.split()[0] for line in out.splitlines()] == names
    assert [row["name"] for row in json.loads(told)["rows"]] == names


def test_with_a_token_no_other_may_fetch() -> None:
    app_port = free_port()
    app = sample("right", api_url=f"http://127.0.0.1:{app_port}/developer_api/v1", headers=HEADERS)
    with served(app) as url:
        options = ("check", url, "--port", str(app_port), "--only", "answers", *SECRET)
        other = invoke(*options, "--token", "another")
        same = invoke(*options, "--token", "any")

    assert other[0] == 1
    assert same[0] == 0
    assert "with the given token alone;" in same[1]


def test_an_endpoint_that_is_not_there_ends_at_once() -> None:
    code, out, err = invoke("check", "http://127.0.0.1:9/hook", "--port", "0")

    assert (code, err) == (2, NOT_REACHED)
    assert "Start the endpoint" in out
    assert "the first notification did not reach the endpoint" in out


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "name the endpoint, like http://"),
        (["127.0.0.1:5000"], "is not a URL to send to"),
        (["https://example.com/hook"], "to allow it: --allow-target example.com"),
        (["https://api.copper.com/hook", "--allow-target", "api.copper.com"], "nothing is ever delivered to Copper"),
        (["http://127.0.0.1:9", "--secret", "s3cret"], "--secret: write KEY=VALUE"),
        (["http://127.0.0.1:9", "--header", "a"], "--header: write NAME=VALUE"),
        (["http://127.0.0.1:9", "--types", "persn"], "there is no type 'persn'"),
        (["http://127.0.0.1:9", "--only", "nothing"], "there is no row 'nothing'"),
        (["http://127.0.0.1:9", "--patience", "soon"], "--patience: 'soon' is not a duration"),
        (
            ["http://127.0.0.1:9", "--only", "answers", "--skip", "answers"],
            "no row is left to play: skip leaves out all that only names",
        ),
        (
            ["http://127.0.0.1:9", "--profile", "x"],
            "--profile: there is no choice 'x'; the choices are support-page and",
        ),
        (["http://127.0.0.1:9", "--timeout", "x"], "--timeout: 'x' is not a duration"),
        (["http://127.0.0.1:9", "--junit", "-", "--json"], "stdout can take only one of"),
        (["http://127.0.0.1:9", "--state-url", "https://example.com/"], "example.com is not this machine"),
        (["http://127.0.0.1:9", "--state-url", "http://127.0.0.1:9/", "--port", "0"], "refused"),
        (["http://127.0.0.1:9", "--state-url", "http://127.0.0.1:9/", "--state-command", "x"], "not both"),
        (["http://127.0.0.1:9", "--html", "/no/such/folder/x.html", "--port", "0"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_one_line_and_2(args: list[str], says: str) -> None:
    code, _, err = invoke("check", *args)

    assert code == 2
    assert says in err
    assert err.count("\n") == 1


def test_a_port_that_is_taken_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = invoke("check", "http://127.0.0.1:9", "--port", str(taken.getsockname()[1]))

    assert code == 2
    assert "is in use" in err


@pytest.mark.parametrize(("token", "told"), [((), "meanwhile"), (("--token", "mine"), "meanwhile with its token")])
def test_that_nobody_called_the_api_names_a_token_only_where_one_was_given(token: tuple[str, ...], told: str) -> None:
    with served(lambda environ, start: (start("500 Broken", []), [b""])[1]) as url:
        _, out, _ = invoke("check", url, "--port", "0", "--only", "answers", *token)

    assert f"; the API was not called {told}\n" in out


def test_where_the_usual_port_is_taken_another_is_told_of() -> None:
    with socket.socket() as taken:
        # It does not matter who uses the port.
        with suppress(OSError):
            taken.bind(("127.0.0.1", DEFAULT_PORT))
            taken.listen()
        code, out, err = invoke("check", "http://127.0.0.1:9/hook", "--only", "answers", "--json")

    assert code == 2
    # stdout has the report alone.
    assert json.loads(out)["ok"] is False
    first = err.splitlines()[0]
    assert first.startswith(f"copper-emulator: port {DEFAULT_PORT} is in use, perhaps by another copper-emulator;")
    assert "Have it fetch from http://127.0.0.1:" in first
    assert f":{DEFAULT_PORT}/" not in first


@pytest.mark.parametrize(
    ("args", "played"),
    [
        (("--only", "answers", "--only", "again,late"), ["answers", "late", "again"]),
        (("--only", "answers,again,late", "--skip", "late", "--skip", "again"), ["answers"]),
        (
            ("--only", "type-lead,type-person,type-task", "--types", "lead", "--types", "people"),
            ["type-lead", "type-person"],
        ),
    ],
)
def test_options_that_name_several_add_up(args: tuple[str, ...], played: list[str]) -> None:
    with served(lambda environ, start: (start("200 OK", []), [b""])[1]) as url:
        _, out, _ = invoke("check", url, "--port", "0", "--no-secret", "--json", *args)

    assert [row["name"] for row in json.loads(out)["rows"] if row["verdict"] == "passed"] == played


def broken(url: str, *args: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows and the whole report of an endpoint that cannot fetch."""
    _, out, _ = invoke("check", url, "--no-secret", "--json", *args)
    report = json.loads(out)
    return report["rows"], report


def cannot_fetch(environ: Any, start_response: Any) -> list[bytes]:
    body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    start_response("200 OK" if body["event"] == "delete" else "500 Broken", [])
    return [b"TypeError: fetch failed"]


def test_who_has_never_called_the_api_is_told_where_it_is_and_other_rows_point_there() -> None:
    port = free_port()
    with served(cannot_fetch) as url:
        (first, *others), report = broken(url, "--port", str(port), "--only", "answers,type-lead,batch-2,again")

    assert first["advice"] == (
        "Nothing has called the check's API yet: if it failed at a fetch, have it fetch from "
        f"http://127.0.0.1:{port}/developer_api/v1. Otherwise look in its own log."
    )
    assert {row["advice"] for row in others} == {"As in row answers."}
    assert report["cause"].startswith("3 of the 4 failed rows fail as answers does")
    assert not any("is in use" in note for note in report["notes"])


def test_that_the_usual_port_is_in_use_is_in_the_advice_and_in_the_reports(tmp_path: Path) -> None:
    html = tmp_path / "check.html"
    with socket.socket() as taken, served(cannot_fetch) as url:
        # It does not matter who uses the port.
        with suppress(OSError):
            taken.bind(("127.0.0.1", DEFAULT_PORT))
            taken.listen()
        (row,), report = broken(url, "--only", "batch-2", "--html", str(html))

    assert f"(port {DEFAULT_PORT} is in use by something else, so do not fetch from there)" in row["advice"]
    assert report["notes"][0].startswith(f"port {DEFAULT_PORT} is in use, perhaps by another copper-emulator, so the ")
    assert f"port {DEFAULT_PORT} is in use" in html.read_text()


def test_a_command_is_told_in_which_variable_it_finds_the_api() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    about = ("--only", "answers", "--no-secret", "--port", "0", "--state-command", "echo {}", "--patience", "0")
    _, out, _ = run("check", url, *about, "--", sys.executable, SUBSCRIBING, str(port), "nothing", "-")

    assert re.search(r"have it fetch from http://\S+, which it finds in COPPER_EMULATOR_API_URL\. If it needs no", out)


def test_who_has_something_right_without_the_api_is_not_told_of_it() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response("200 OK" if body["event"] == "new" else "500 Broken", [])
        return []

    with served(app) as url:
        (_, row), _ = broken(url, "--port", "0", "--only", "answers,late")

    assert "Treat a notification as a hint" in row["advice"]


def test_what_was_played_is_summed_up_where_the_check_is_interrupted() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        if "person/new" not in heard:
            heard.append("person/new")
        else:
            os.kill(process.popen.pid, signal.SIGINT)
        start_response("200 OK", [])
        return []

    heard: list[str] = []
    with served(app) as url, started("check", url, "--port", "0", "--only", "answers,again", "--no-secret") as process:
        out, _ = process.popen.communicate(timeout=60)

    assert process.popen.returncode == 130
    assert out.splitlines()[-1] == "Interrupted; until then: 1 row passed (1 by its answers alone)"


def test_it_runs_as_a_process() -> None:
    code, out, err = run("check", "http://127.0.0.1:9/hook", "--port", "0", "--only", "answers")

    assert (code, err) == (2, NOT_REACHED)
    assert out.splitlines()[-1] == "0 rows passed, 1 failed"


def test_what_lasts_is_called_the_same_in_the_help_of_every_option() -> None:
    text = invoke("check", "--help")[1]

    for option in ("--patience", "--timeout", "--time-limit"):
        assert f"{option} DURATION " in text


@pytest.mark.parametrize("name", ["timeout", "profile"])
def test_what_is_a_setting_has_the_settings_default(name: str) -> None:
    text = " ".join(invoke("check", "--help")[1].split())

    (default,) = re.findall(rf"--{name} [^\[]*\[default: ([^\]]*)\]", text)
    assert default == Settings().as_json()[name]


# --- a service of its own -------------------------------------------------------------------------------------------

PROGRAM = str(Path(__file__).with_name("hard_coded.py"))


def checked_as_a_service(*args: str, port: int, rows: str = "answers,type-person") -> tuple[int, str, str]:
    url = f"http://127.0.0.1:{port}"
    about = ("--types", "person", "--only", rows, "--no-secret", "--state-url", f"{url}/state", "--port", "0")
    return run("check", f"{url}/hook", *about, "--", *args)


def test_a_command_is_started_with_coppers_host_led_to_the_check_and_ended() -> None:
    port = free_port()
    code, out, err = checked_as_a_service(sys.executable, PROGRAM, str(port), port=port)

    assert (code, out.splitlines()[-1], err) == (0, "2 rows passed", "")
    assert "listening" not in out
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])


@SIGNALS
def test_who_is_told_to_end_ends_the_command_and_reports_what_was_played(
    tmp_path: Path, number: signal.Signals
) -> None:
    """Anything left would keep stderr open, so that this would never end."""
    port, file = free_port(), tmp_path / "check.xml"
    url = f"http://127.0.0.1:{port}"
    options = ("--only", "answers,burst", "--types", "person", "--no-secret", "--port", "0", "--show-output")
    command = ("--", sys.executable, PROGRAM, str(port))
    with started("check", f"{url}/hook", *options, "--junit", str(file), *command) as check:
        check.line_with("answers")
        code, out, _ = check.end(number)

    assert code == 128 + number
    assert out.splitlines()[-1] == "Interrupted; until then: 1 row passed (1 by its answers alone)"
    answers, burst = ElementTree.parse(file).iter("testcase")
    assert (answers.get("name"), answers.find("error")) == ("answers", None)
    assert (burst.get("name"), [each.get("message") for each in burst]) == ("burst", ["the check was interrupted"])


@SIGNALS
def test_who_is_told_to_end_before_the_command_listens_ends_it(tmp_path: Path, number: signal.Signals) -> None:
    file = tmp_path / "check.xml"
    endless = "import sys, time; print('begun', file=sys.stderr); time.sleep(999)"
    about = ("check", f"http://127.0.0.1:{free_port()}/hook", "--port", "0", "--show-output")
    with started(
        *about, "--only", "answers", "--junit", str(file), "--", "sh", "-c", f'{sys.executable} -c "{endless}" & wait'
    ) as check:
        assert check.popen.stderr is not None
        assert check.popen.stderr.readline() == "begun\n"
        code, _, _ = check.end(number)

    assert code == 128 + number
    [row] = ElementTree.parse(file).iter("testcase")
    assert [each.get("message") for each in row] == ["the check was interrupted"]


def test_a_closed_terminal_takes_no_lines_and_the_exit_code_is_that_of_its_signal(tmp_path: Path) -> None:
    port, file = free_port(), tmp_path / "check.xml"
    about = (f"http://127.0.0.1:{port}/hook", "--only", "answers,burst", "--types", "person", "--no-secret")
    command = (sys.executable, "-m", "copper_emulator", "check", *about, "--port", "0", "--junit", str(file))
    terminal, its_end = os.openpty()
    with subprocess.Popen([*command, "--", sys.executable, PROGRAM, str(port)], stdout=its_end) as check:
        os.close(its_end)
        shown = b""
        while b"answers" not in shown:
            shown += os.read(terminal, 1000)
        os.close(terminal)
        check.send_signal(signal.SIGHUP)
        code = check.wait(60)

    assert code == 128 + signal.SIGHUP
    assert len([*ElementTree.parse(file).iter("testcase")]) == 2


def test_a_command_that_ends_while_it_is_checked_is_told() -> None:
    port = free_port()
    code, out, _ = checked_as_a_service(sys.executable, PROGRAM, str(port), "dies", port=port, rows="answers")

    assert code == 1
    assert "The command exited by itself with 3 during the check: see what it printed." in out.splitlines()


def test_a_command_that_ends_after_an_answer_is_told_once_with_the_notification() -> None:
    port = free_port()
    code, out, _ = checked_as_a_service(
        sys.executable, PROGRAM, str(port), "dies", "delete", port=port, rows="answers,type-person,batch-1,again"
    )

    failed = [line for line in out.splitlines() if line.startswith("FAILED")]
    assert code == 1
    assert re.fullmatch(
        r"FAILED +type-person +the endpoint has not answered since person/delete \[(\d+)\]: it has probably crashed; "
        r"see its log\. Its last call of the API was GET /people/\1, answered 200",
        failed[0],
    )
    before = (
        r"it may have been an earlier one: "
        r"person/update \[\d+\], person/new \[\d+\], person/new \[\d+\] in row answers\."
    )
    assert re.search(before, out)
    # It is started again, and crashes at what it has crashed at.
    assert [line.split()[1] for line in failed] == ["type-person", "batch-1", "again"]
    assert out.count("-> As in row type-person.") == 2
    assert out.splitlines()[-1] == "1 row passed, 3 failed"
    assert (
        "Note: the command ended by itself in rows type-person (exit code 3) and batch-1 (exit code 3), and was "
        "started again for the rows that followed" in out.splitlines()
    )
    assert "Connection refused" not in out


def test_what_crashes_at_an_answer_of_the_api_is_told_with_it_and_the_rest_is_played() -> None:
    port = free_port()
    rows = "answers,delete-before-update,again"
    _, out, _ = checked_as_a_service(sys.executable, PROGRAM, str(port), "dies", "404", port=port, rows=rows)

    assert re.search(r"see its log\. Its last call of the API was GET /people/\d+, answered 404\n", out)
    assert "-> Handle every answer of the API: a 404 means that the record is gone" in out
    assert out.splitlines()[-1] == "2 rows passed, 1 failed"


def test_what_crashes_once_and_for_all_is_started_again_only_a_few_times() -> None:
    port = free_port()
    rows = "answers,type-person,batch-1,batch-2,batch-30,late,again,values,emails"
    _, out, _ = checked_as_a_service(sys.executable, PROGRAM, str(port), "dies", "delete", port=port, rows=rows)

    assert out.splitlines()[-1] == "1 row passed, 6 failed, 2 skipped"
    assert "; it had been started again 5 times before" in out


def test_where_the_first_notification_crashes_it_nothing_is_started_again() -> None:
    port = free_port()
    _, out, _ = checked_as_a_service(sys.executable, PROGRAM, str(port), "dies", port=port, rows="answers,again")

    assert out.splitlines()[-1] == "0 rows passed, 1 failed, 1 skipped"
    assert "was started again" not in out


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            ["no-such-command-anywhere"],
            "no-such-command-anywhere: command not found; what follows URL is the command that starts its service",
        ),
        ([sys.executable, "-c", "raise SystemExit(4)"], "the command exited with 4 before anything listened at {url}"),
    ],
)
def test_a_command_that_does_not_come_to_listen_is_told(command: list[str], text: str) -> None:
    port = free_port()
    code, _, err = checked_as_a_service(*command, port=port)

    assert (code, err.splitlines()[-1]) == (2, f"copper-emulator: {text.format(url=f'http://127.0.0.1:{port}')}")


def test_where_somebody_listens_already_no_command_is_started() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        code, _, err = checked_as_a_service(sys.executable, PROGRAM, str(port), port=port)

    assert code == 2
    assert f"something already listens at http://127.0.0.1:{port}, so the command could not" in err
    assert "listening" not in err


KILLED = str(Path(__file__).with_name("killed.py"))


def killed(folder: Path, how: str, *state: str, strict: bool = False) -> tuple[int, list[str]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    about = ("--types", "person", "--only", "answers,killed-after-answer", "--no-secret", "--port", "0")
    looked_at = (*(state or ("--state-url", f"{url}/state")), *(["--strict"] if strict else []))
    code, out, _ = run(
        "check", f"{url}/hook", *about, *looked_at, "--", sys.executable, KILLED, str(port), str(folder), how
    )
    return code, [line for line in out.splitlines() if "killed" in line or "->" in line or "exited" in line]


def test_who_stores_before_it_answers_has_done_it_after_a_crash(tmp_path: Path) -> None:
    code, (told,) = killed(tmp_path, "durable")

    assert code == 0
    assert told.startswith("passed   killed-after-answer   person/new [")
    assert told.endswith("]: delivered (200); then it was killed at once and started again, and has done what it had "
                         "answered for")  # fmt: skip


def test_who_keeps_its_work_in_memory_is_warned(tmp_path: Path) -> None:
    """And not failed: the machine may have been slow."""
    code, (told, advice) = killed(tmp_path, "hasty")

    assert code == 0
    assert re.fullmatch(
        r"warned   killed-after-answer   person/new \[(\d+)\]: delivered \(200\); then it was killed at once and "
        r"started again; 2s later person \1 is missing from the state",
        told,
    )
    assert "Store the notification before you answer 2xx" in advice
    assert killed(tmp_path, "hasty", strict=True)[0] == 1


@pytest.mark.parametrize(
    ("how", "verdict", "says"),
    [
        ("forgetful", "skipped", "it keeps nothing when it ends: what its state had before is gone, too"),
        ("stuck", "warned ", "then it was killed, and did not start again: the command exited with 1 before anything"),
        ("other", "skipped", "something still listens after the command was killed"),
    ],
)
def test_what_says_nothing_of_its_answers_is_told(tmp_path: Path, how: str, verdict: str, says: str) -> None:
    try:
        code, told = killed(tmp_path, how)
    finally:
        if (child := tmp_path / "child").exists():
            os.kill(int(child.read_text()), signal.SIGKILL)

    assert code == 0
    assert told[0].startswith(f"{verdict}  killed-after-answer   ")
    assert says in told[0]
    # It did not end by itself.
    assert not any("The command exited" in line for line in told)


def test_without_a_state_a_crash_says_nothing(tmp_path: Path) -> None:
    assert killed(tmp_path, "durable", "--patience", "0s") == (
        0, ["skipped  killed-after-answer   it needs the endpoint's state"]
    )  # fmt: skip


def test_without_a_command_no_row_kills() -> None:
    assert "killed-after-answer" not in [row.name for row in rows_of(None, None)]
    assert rows_of(None, None, service=True)[-1].name == "killed-after-answer"


def test_without_a_command_an_endpoint_is_awaited_where_that_is_asked_for() -> None:
    port = free_port()
    code, _, err = run("check", f"http://127.0.0.1:{port}/hook", "--port", "0", "--wait", "200ms", *SECRET)

    assert (code, err) == (2, f"copper-emulator: nothing listened at http://127.0.0.1:{port} within 200ms (--wait)\n")


SUBSCRIBING = str(Path(__file__).with_name("subscribing.py"))


def subscribing(how: str, folder: Path) -> tuple[int, list[str]]:
    """What is told of a service that is started again, and of the row after it."""
    port = free_port()
    rows = "answers,restarted,killed-after-answer"
    about = ("--types", "person,lead", "--only", rows, "--no-secret", "--port", "0", "--state-command", "echo {}")
    command = (sys.executable, SUBSCRIBING, str(port), how, str(folder))
    code, out, _ = run("check", f"http://127.0.0.1:{port}/hook", *about, "--", *command)
    lines = out.splitlines()
    begins = next(number for number, line in enumerate(lines) if line[9:18] == "restarted")
    return code, lines[begins : begins + 2]


@pytest.mark.parametrize("how", ["anew", "later"])
def test_who_subscribes_anew_at_every_start_is_found(tmp_path: Path, how: str) -> None:
    _, (told, advice) = subscribing(how, tmp_path)

    assert told == (
        "FAILED   restarted             ended and, in an account that was new to it, started twice, it subscribed both "
        "times: there are now 2 subscriptions to person/new, 2 to person/update and 2 to lead/new, at "
        "https://billing.example.com/hook"
    )
    assert "-> Before it subscribes, let it list what there is (GET /webhooks), and create only what" in advice


def test_who_subscribes_twice_at_one_start_is_told_of_its_processes(tmp_path: Path) -> None:
    _, (told, advice) = subscribing("twice", tmp_path)

    assert told.startswith(
        "FAILED   restarted             ended and, in an account that was new to it, started once: there are now 2 "
        "subscriptions to person/new, "
    )
    assert "-> Several of its processes do the same when they start (workers, a reloader)" in advice


@pytest.mark.parametrize("how", ["lists", "replaces", "leaves"])
def test_who_has_each_subscription_once_passes(tmp_path: Path, how: str) -> None:
    _, (told, _) = subscribing(how, tmp_path)

    assert told == (
        "passed   restarted             ended and started again, it subscribed to nothing that it had subscribed to "
        "before"
    )


def test_who_subscribes_to_nothing_is_not_started_again(tmp_path: Path) -> None:
    _, (told, _) = subscribing("nothing", tmp_path)

    assert told == "skipped  restarted             it has subscribed to nothing through the API"


def test_who_does_not_start_again_is_found_and_nothing_more_is_tried(tmp_path: Path) -> None:
    code, (told, advice) = subscribing("stuck", tmp_path)

    assert code == 1
    assert told.startswith(
        "FAILED   restarted             it was told to end, and did not start again: the command exited with 1 before "
    )
    assert "-> A service must start after an end as it does otherwise" in advice


PRINTING = str(Path(__file__).with_name("printing.py"))


def printing(*options: str, command: tuple[str, ...] = (), rows: str = "answers,type-person") -> tuple[int, str, str]:
    port = free_port()
    about = ("--types", "person", "--only", rows, *SECRET, "--port", "0", *options)
    return run("check", f"http://127.0.0.1:{port}/hook", *about, "--", sys.executable, PRINTING, str(port), *command)


def test_a_row_that_fails_shows_what_the_command_has_printed_meanwhile_without_secrets_and_requests() -> None:
    code, out, err = printing()

    assert (code, err) == (1, "")
    begins = out.index("FAILED   type-person")
    # Nothing of what it printed for a row that passed.
    assert not [line for line in out[:begins].splitlines() if "| " in line or "told of" in line]
    printed = [line.partition("| ")[2] for line in out[begins:].splitlines() if line.startswith(" " * 9 + "| ")]
    assert printed[:4] == ["told of new", "told of update", "told of delete", "Traceback (most recent call last):"]
    assert printed[-1].startswith("KeyError: ")
    assert "s3cret" not in out
    assert "POST /hook" not in out


def test_a_command_prints_to_stderr_where_that_is_wanted() -> None:
    _, out, err = printing("--show-output")

    assert "\x1b[32mhere I am\x1b[0m" in err.splitlines()
    assert '"POST /hook HTTP/1.1" 200 -' in err
    assert "told of" not in out


def test_a_report_for_programs_has_what_was_printed_in_its_rows(tmp_path: Path) -> None:
    xml, html = tmp_path / "check.xml", tmp_path / "check.html"
    _, out, err = printing("--json", "--junit", str(xml), "--html", str(html))

    passed, failed = json.loads(out)["rows"]
    assert err == ""
    assert passed["printed"] == []
    assert failed["printed"][0] == "told of new"
    told = "\n".join(failed["printed"])
    assert ElementTree.fromstring(xml.read_text()).findtext(".//system-err") == told
    assert "<pre>told of new\ntold of update" in html.read_text()


def test_what_a_command_has_printed_that_does_not_come_to_listen_is_shown() -> None:
    code, _, err = printing(command=("never",))

    first, last = err.splitlines()
    assert (code, first) == (2, "| here I am")
    assert "the command exited with 3 before anything listened" in last


def failing(rows: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said at the end of a report about an endpoint that refuses everything that is not new."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "8")

    def app(environ: Any, start_response: Any) -> list[bytes]:
        body = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
        start_response("200 OK" if body["event"] == "new" else "500 Broken", [])
        return []

    with served(app) as url:
        lines = invoke("check", url, "--port", "0", "--only", rows, "--no-secret")[1].splitlines()
    return lines[lines.index("Failed, in short:") :] if "Failed, in short:" in lines else []


def test_rows_that_failed_more_than_a_screen_ago_are_told_once_more_in_short(monkeypatch: pytest.MonkeyPatch) -> None:
    title, first, second, *_, last = failing("type-lead,type-person,again,content-type", monkeypatch)

    assert title == "Failed, in short:"
    assert re.fullmatch(r"  type-lead             2 of 3 notifications not answered 2xx: lead/update .*\.\.\.", first)
    assert len(first) == 100
    assert second == "  As in row type-lead: type-person, again"
    assert last == "1 row passed (1 by its answers alone), 3 failed"


def test_what_is_still_on_the_screen_is_not_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    assert failing("type-lead", monkeypatch) == []
