"""What the command line refuses by itself, without asking a server: one line on stderr, and exit code 2."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from copper_emulator.cli import main


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["fire", "person"], "--id"),
        (["fire", "person", "--id", "1"], "TYPE.EVENT"),
        (["fire", "person.update", "--id", "0"], "--id"),
        (["fire", "person.update", "--id", "x"], "--id"),
        (["fire", "person.update", "--id", "1", "--set", "name"], "FIELD=OLD,NEW"),
        (
            ["fire", "person.update", "--id", "1", "--set", "name=a,b,c"],
            "two values, OLD,NEW; write a value with a comma",
        ),
        (["fire", "person.update", "--id", "1", "--set", "name=a"], "two values, OLD,NEW, like --set name=Ada,Grace"),
        (["advance"], "say how far"),
        (["advance", "10m", "--until-idle"], "'10m' and --until-idle both say how far: give only one"),
        (["advance", "10m", "--limit", "1h"], "--limit"),
        (["advance", "10"], "'10' is not a duration: write it like 30s, 10m"),
        (["advance", "0"], "'0' must be more than 0"),
        (["advance", "-5m"], "time only moves forward"),
        (["advance", "-1h"], "time only moves forward"),
        (["advance", "--until-idle", "--limit", "-5m"], "time only moves forward"),
        (["advance", "--until-idle", "--limit", "long"], "--limit: 'long' is not a duration"),
        (["advance", "--untl-idle"], "there is no option '--untl-idle'; did you mean '--until-idle'?"),
        (["fire", "person.update", "--id", "abc"], "'abc' is not a whole number"),
        (["fire", "person.update", "--id", "9223372036854775808"], "must be between 1 and 9223372036854775807"),
        (["journal", "--since", "9" * 24], "must be between 0 and 1000000000"),
        (["journal", "--status", "99"], "'99' is not a status: write one from 100 to 599, or a whole class, like 5xx"),
        (["journal", "--limit", "0"], "--limit"),
        (
            ["fire", "person.updatd", "--id", "1"],
            "there is no event 'updatd'; did you mean 'update'? The",
        ),
        (
            ["fire", "update.person", "--id", "1"],
            "type and event are swapped: 'update' is an event, and 'person' a type",
        ),
        (["status", "--server", "https://127.0.0.1:2930"], "use the plain HTTP port, like http://127.0.0.1:2929"),
        (["status", "--server", "127.0.0.1:2929"], "is not a server URL"),
        (["status", "--server", "http://127.0.0.1:x"], "is not a server URL"),
        (["status", "--server", "ftp://127.0.0.1"], "is not a server URL"),
        (["nonsense"], "nonsense"),
        (["create"], "Missing argument 'TYPE'"),
        (["create", "person", "--set", "name"], "--set 'name': write FIELD=VALUE, like --set name=Ada"),
        (["create", "person", "--set", "=Ada"], "write FIELD=VALUE"),
        (["create", "person", "--set", "name=a", "--set", "name=b"], "--set 'name=b': name is given twice"),
        (["create", "person", "--set", "custom_fields.x=1"], "custom_fields.ID=VALUE"),
        (["create", "person", "--count", "0"], "it must be between 1 and 10000, not 0"),
        (["update", "person", "--set", "name=Ada"], "Missing argument 'ID...'"),
        (["update", "person", "17"], "say what to change, like --set name=Ada"),
        (["update", "person", "Ada", "--set", "name=x"], "'Ada' is not a whole number"),
        (["delete", "person", "0"], "it must be between 1 and"),
        (["merge", "person", "17"], "Missing argument 'LOSER'"),
        (["convert", "Ada"], "'Ada' is not a whole number"),
        (["convert", "17", "--person", "Ada"], "--person 'Ada': write FIELD=VALUE"),
        (["search", "person", "--where", "Ada"], "--where 'Ada': write FIELD=VALUE"),
        (["seed", "person"], "Missing argument 'FILE'"),
        (["create", "person", "name=Ada"], "did you mean '--set name=Ada'?"),
        (["create", "person", "name=Ada Lovelace", "title=Dr"], """mean "--set 'name=Ada Lovelace' --set title=Dr"?"""),
        (["--account", "a=b", "create", "person", "--count", "x=2", "name=Ada"], "'--set name=Ada'?"),
        (["update", "person", "17", "name=Ada"], "did you mean '--set name=Ada'?"),
        (["settings", "latency=5m"], "did you mean '--set latency=5m'?"),
        (["search", "person", "name=Ada"], "did you mean '--where name=Ada'?"),
        (["details", "name=Ada"], "did you mean '--set name=Ada'?"),
        (["subscribe", "person", "update", "https://app.example"], "did you mean 'person.update'?"),
        (["advance", "5", "minutes"], "did you mean '5m'?"),
        (["advance", "1", "d"], "did you mean '1d'?"),
        (["advance", "5", "apples"], "argument (apples) (see"),
        (["fire", "People", "NEW", "--id", "17"], "did you mean 'People.NEW'?"),
        (["fire", "person.new", "17", "18"], "Missing option '--id'; did you mean '--id 17 --id 18'?"),
        (["create", "person", "count=3"], "did you mean '--count 3'?"),
        (["create", "person", "name", "Ada"], "did you mean '--set name=Ada'?"),
        (["convert", "17", "name=Ada"], "did you mean '--person name=Ada'?"),
        (["lookups", "users", "name=Ada"], "did you mean '--add name=Ada'?"),
        (["serve", "https://a.example=http://b"], "did you mean '--route https://a.example=http://b'?"),
        (["serve", "latency=5m"], "did you mean '--latency 5m'?"),
        (["accounts", "create", "ci-7"], "did you mean '--create ci-7'?"),
        (["ca", "exprt", "ca.pem"], "did you mean '--export ca.pem'?"),
        (["journal", "follow"], "did you mean '--follow'?"),
        (["create", "person", "--name", "Ada"], "there is no option '--name'; did you mean '--set name=Ada'?"),
        (["settings", "--over-limit=drop"], "did you mean '--set over_limit=drop'?"),
        (["create", "person", "--cuont", "3"], "did you mean '--count'?"),
        (["create", "person", "--name"], "there is no option '--name' (see"),
        (["update", "person", "--id", "17", "--set", "name=Ada"], "there is no option '--id': write 17 alone"),
        (["why", "person", "--id", "17"], "there is no option '--id': write 17 alone"),
        (["subscribe", "--topic=person.new", "https://app.example"], "write person.new alone"),
        (["status", "--account", "default"], "'--account': 'status' is about the whole server, not one account"),
        (["--account", "default", "status"], "'--account': 'status' is about the whole server, not one account"),
        (["run", "--server", "http://127.0.0.1:1"], "there is no option '--server': 'run' talks to no running server"),
        (["--server", "http://127.0.0.1:1", "run"], "there is no option '--server': 'run' talks to no running server"),
        (["--json", "status"], "there is no option '--json': write it after 'status'"),
        (["--jsno", "status"], "there is no option '--jsno' (see"),
        (["--acount", "default", "status"], "there is no option '--acount'; did you mean '--account'?"),
        (["start"], "there is no command 'start'; did you mean 'serve'?"),
        (["help", "serv"], "there is no command 'serv'; did you mean 'serve'?"),
        (["limits", "5/1m"], "did you mean 'copper-emulator settings --set limits=5/1m'?"),
        (["api-calls", "--method", "GTE"], "there is no method 'GTE'; did you mean 'GET'?"),
        (["record", "start", "--output", "my.yaml"], "--output says where stop and show write the scenario"),
        (["record", "stop", "my.yaml"], "did you mean '--output my.yaml'?"),
        (["accounts", "ci-7"], "did you mean '--create ci-7'?"),
        (["subscribe", "https://app.example/h", "person.new"], "is not a topic: the topic comes first: write TYPE"),
        (["why", "#3"], "for a single notification, use copper-emulator show 3"),
        (["why", "notification", "3"], "for a single notification, use copper-emulator show 3"),
        (["show", "#x"], "'x' is not a whole number"),
        (["expect", "person.new"], "there is no command 'expect'; did you mean 'wait'?"),
        (
            ["subscribe", "person.new", "https://app.example", "--url", "http://127.0.0.1:1"],
            "there is no option '--url'; did you mean '--server'?",
        ),
        (["create", "person", "--base-url=http://127.0.0.1:1"], "option '--base-url'; did you mean '--server'?"),
        (["check", "--url", "http://127.0.0.1:1"], "there is no option '--url': write http://127.0.0.1:1 alone"),
        (["run", "--url", "http://127.0.0.1:1"], "there is no option '--url'; did you mean '--target'?"),
        (["run", "--host", "0.0.0.0"], "there is no option '--host' (see"),
        (["exec", "--url", "http://127.0.0.1:1", "--", "true"], "there is no option '--url' (see"),
        (["run", "--html", "report.html"], "there is no option '--html' (see"),
        (["run", "first_notification", "--junit", "-", "--json"], "stdout can take only one of --json and --junit -"),
        (["run", "first_notification", "--junit", "/no folder/x.xml"], "/no folder/x.xml cannot be written: No such"),
        (["run", "--limts", "off"], "did you mean '--set limits=off'?"),
        (["reset", "--junit", "report.xml"], "there is no option '--junit' (see"),
        (["resend", "3", "--ids", "17"], "there is no option '--ids' (see"),
        (["replay", "--text", "{}"], "there is no option '--text' (see"),
        (["explain", "person"], "there is no command 'explain'; did you mean 'why'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_one_line_and_exit_code_2(args: list[str], says: str) -> None:
    result = CliRunner().invoke(main, args)

    assert (result.exit_code, result.stdout) == (2, "")
    assert says in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("words", [["key=s3cret"], ["--key", "s3cret"]], ids=" ".join)
def test_what_may_be_a_secret_is_not_in_the_advice(words: list[str]) -> None:
    result = CliRunner().invoke(main, ["subscribe", "person.new", "https://app.example", *words])

    assert "did you mean '--secret key=...'?" in result.stderr


NO_TEXT = b"M\xfcller".decode(errors="surrogateescape")


@pytest.mark.parametrize(
    "words",
    [
        ["journal", "--text", NO_TEXT],
        ["notifications", f"--text={NO_TEXT}"],
        ["create", "person", "--set", f"name={NO_TEXT}"],
        ["subscribe", "person.new", f"https://app.example/{NO_TEXT}"],
        ["serve", "--port", "0", "--token", NO_TEXT],
        ["--server", f"http://127.0.0.1:9/{NO_TEXT}", "status"],
    ],
    ids=lambda words: ascii(" ".join(words)),
)
def test_bytes_that_are_no_text_are_refused_before_anything_is_asked(words: list[str]) -> None:
    result = CliRunner().invoke(main, words)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.endswith(f"is not text in the encoding {sys.getfilesystemencoding()}\n")
    assert r"M\udcfcller" in result.stderr


@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are always text there")
def test_a_file_may_be_named_by_bytes_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / f"{NO_TEXT}.yaml"
    file.write_text("name: nothing happens\nsteps:\n  - advance: 1m\n")

    assert CliRunner().invoke(main, ["run", str(file)]).exit_code == 0


@pytest.mark.skipif(sys.platform == "darwin", reason="names of files are always text there")
@pytest.mark.parametrize("written", [["--junit", "{}"], ["--html={}"]], ids=" ".join)
def test_a_file_that_is_still_to_be_written_may_be_named_so_too(tmp_path: Path, written: list[str]) -> None:
    file = tmp_path / NO_TEXT
    words = ["check", "http://127.0.0.1:9/h", "--port", "0", *(word.format(file) for word in written)]

    assert "is not text" not in CliRunner().invoke(main, words).stderr
