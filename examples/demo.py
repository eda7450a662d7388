"""A half-minute tour: the server, a sample application, a notification, a scenario. `make demo` runs it.

Everything happens on this machine, on free ports, and is cleaned up at the end. The commands shown are those that
are run; try them yourself.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from urllib.request import Request, urlopen

BILLING = Path(__file__).parent / "billing" / "billing.py"
SECRET = "s3cret"
TARGET = "https://billing.example.com/hooks/copper"
PATIENCE = 20
"""Seconds that anything may take before the demo gives up."""

COPPER_EMULATOR = [sys.executable, "-m", "copper_emulator"]


def main() -> int:
    """Play the whole tour."""
    say(
        "copper-emulator stands in for Copper CRM's webhooks. You will see a sample application subscribe, a person "
        "change, and the notification arrive; then a whole scenario played against the application."
    )
    title("A sample application that wants to know what happens to people in Copper")
    with started("billing", [sys.executable, str(BILLING), "--port", "0", "--secret", SECRET]) as billing:
        endpoint = billing.url()
        origin = endpoint.removesuffix("/hooks/copper")

        title("The server, in place of Copper")
        say(f"Copper sends to https only. The route takes what is meant for {TARGET} to the application.")
        serve = ["serve", "--port", "0", "--route", f"https://billing.example.com={origin}"]
        show("copper-emulator", *serve)
        with started("server", [*COPPER_EMULATOR, *serve]) as server:
            url = server.url()
            server.wait_for("Ctrl-C")
            one_notification(url, origin, billing)

    title("A whole scenario against the application")
    say(
        "Copper says that a notification can take up to 15 minutes, and two of them need not arrive in order. A "
        "scenario has an account and a time of its own: its 20 minutes take no second, and it needs no server."
    )
    with started("billing", [sys.executable, str(BILLING), "--port", "0", "--secret", SECRET], quiet=True) as billing:
        code = command("run", "late_and_out_of_order", "--target", billing.url())

    title("That was all")
    say(
        "Next: `copper-emulator run import_storm_hold` plays an import over Copper's limits, `copper-emulator serve` "
        "starts the server for your own application, and README.md shows the same in a pytest test."
    )
    return code


def one_notification(url: str, origin: str, billing: Process) -> None:
    """Subscribe over the API, fire a change, and show what the application and the server report."""
    title("Subscribe, exactly as with Copper: POST /developer_api/v1/webhooks")
    body = {"target": TARGET, "type": "person", "event": "update", "secret": {"key": SECRET}}
    print(f"  request   {json.dumps(body)}")
    print(f"  response  {call(f'{url}/developer_api/v1/webhooks', body)}")

    title("A person is renamed")
    command("fire", "person.update", "--server", url, "--id", "17", "--set", 'name=Ada,"Ada Lovelace"')
    billing.wait_for("told: ")
    say("The application has been told: an id and what changed, never the record. What it keeps of it:")
    print(f"  GET {origin}/people  {call(f'{origin}/people')}")

    title("Why did it arrive, when, and what was the answer? The journal says")
    command("journal", "--server", url)


class Process:
    """A program running beside this one; its output is shown here under its name."""

    def __init__(self, name: str, arguments: list[str], *, quiet: bool) -> None:
        self._name = name
        self._quiet = quiet
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._popen = subprocess.Popen(
            arguments, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def url(self) -> str:
        """The URL that it prints when it listens."""
        found = re.search(r"http://127\.0\.0\.1:\d+\S*", self.wait_for("http://127.0.0.1:"))
        if found is None:
            raise SystemExit(f"{self._name} did not say where it listens")
        return found[0]

    def wait_for(self, text: str) -> str:
        """The next line of its output that contains this text."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise SystemExit(f"{self._name} did not say {text!r} within {PATIENCE} seconds") from None
            if line is None:
                raise SystemExit(f"{self._name} ended before it said {text!r}")
            if text in line:
                return line

    def end(self) -> None:
        """End it and wait until it is gone."""
        self._popen.terminate()
        try:
            self._popen.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._reader.join()
        if self._popen.stdout is not None:
            self._popen.stdout.close()

    def _read(self) -> None:
        for line in self._popen.stdout or ():
            if not self._quiet:
                print(f"  {self._name:>8} | {line}", end="", flush=True)
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


@contextmanager
def started(name: str, arguments: list[str], *, quiet: bool = False) -> Iterator[Process]:
    """Run a program until the block ends."""
    process = Process(name, arguments, quiet=quiet)
    try:
        yield process
    finally:
        process.end()


def command(*arguments: str) -> int:
    """Show a command of copper-emulator and run it."""
    show("copper-emulator", *arguments)
    return subprocess.run([*COPPER_EMULATOR, *arguments], env=environment(), timeout=PATIENCE, check=False).returncode


def call(url: str, body: object = None) -> str:
    """Call an API on this machine, as any client of Copper would; return the answer."""
    headers = {
        "Content-Type": "application/json",
        "X-PW-AccessToken": "demo-token",
        "X-PW-Application": "developer_api",
        "X-PW-UserEmail": "you@example.com",
    }
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, headers), timeout=PATIENCE) as response:
        answer: str = response.read().decode().strip()
    return answer


def environment() -> dict[str, str]:
    """The environment for child processes, which must print without buffering, and in UTF-8."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


def title(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def say(text: str) -> None:
    print(fill(text, 100), flush=True)


def show(*arguments: str) -> None:
    shown = [f"'{part}'" if re.search(r"[\s\"]", part) else part for part in arguments]
    print(f"$ {' '.join(shown)}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
