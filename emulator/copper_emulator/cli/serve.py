"""`copper-emulator serve`: the standalone server, with its log on stdout."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from copper_emulator.cli import Failure, WrongUse
from copper_emulator.cli.ending import told_to_end
from copper_emulator.cli.log import Log
from copper_emulator.cli.output import complain
from copper_emulator.cli.server_options import option_name, player, server_options, settings_of
from copper_emulator.cli.values import Number
from copper_emulator.core.errors import AuthorityError, ScenarioError, StateError, UsageError
from copper_emulator.shell.own_http import check_choices
from copper_emulator.shell.served.plan import Plan
from copper_emulator.shell.serving.ports import why_not_listening
from copper_emulator.shell.serving.server import DEFAULT_PORT, CannotListen, Server

if TYPE_CHECKING:
    from copper_emulator.cli.reaching import Reaching

_YOUNG = 10_000
"""New objects before Python's garbage collector runs, instead of 700: nearly all made for a delivery are kept, or
freed by reference counting, and looking in vain for garbage took a twenty-fifth of its processor time."""


@click.command(short_help="Serve Copper's webhook API and deliver notifications.")
@click.option("--port", type=Number(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 chooses a free one")
@click.option("--tls-port", type=Number(0, 65535), help="serve over TLS, too, on this port; 0 chooses a free one")
@click.option("--bind", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option(
    "--trusted-host",
    "trusted_hosts",
    metavar="HOST",
    multiple=True,
    help="name beyond loopback by which the control API may be called, and by browsers Copper's API, too; repeatable",
)
@click.option(
    "--scenarios",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="a folder of scenario files that can be played, besides the shipped ones",
)
@click.option(
    "--proxy", type=Number(0, 65535), help="port for a proxy that leads Copper's hosts here; 0 chooses a free one"
)
@click.option(
    "--proxy-allow",
    "allowed",
    metavar="HOST",
    multiple=True,
    help="let programs through it to a host that is not Copper's; repeatable",
)
@click.option("--json", "as_json", is_flag=True, help="log as JSON, one object per line")
@server_options(no_intercept="only in tests; --proxy PORT leads Copper's hosts to a server")
def serve(
    *,
    port: int,
    tls_port: int | None,
    bind: str,
    routes: list[tuple[str, str]],
    tokens: tuple[str, ...],
    clock: str,
    trusted_hosts: tuple[str, ...],
    scenarios: Path | None,
    state: str | None,
    proxy: int | None,
    allowed: tuple[str, ...],
    as_json: bool,
    **given: Any,
) -> None:
    """Serve Copper's webhook API and deliver notifications, until Ctrl-C.

    The first access token that is used becomes the key of the account "default"; every other token opens an account
    of its own ("account-2", ...), and commands then need --account NAME, unless --token says which are accepted.
    Everything that happens is logged: subscriptions, changes, deliveries and why something was not delivered.
    Notifications go only to loopback and to where routes lead.

    \b
    Example:
      copper-emulator serve --route https://my-app.example=http://127.0.0.1:5000 --latency 0-15m --clock manual
    """
    gc.set_threshold(_YOUNG)
    _check_ports(port=port, tls_port=tls_port, proxy=proxy)
    if scenarios is not None:
        _tell_faults(scenarios)
    log = Log(as_json=as_json)
    plan = Plan(
        settings=settings_of(given),
        clock="manual" if clock == "manual" else "wall",
        routes=routes,
        tokens=tokens,
        listener=log.entry,
        player=cache(partial(player, scenarios)),
    )
    # On Windows, where loops have no signal handlers, Ctrl-C comes as an exception.
    with suppress(KeyboardInterrupt), _proxy(proxy, allowed, log, plan) as reaching:
        server = Server(
            plan,
            bind=bind,
            port=port,
            trusted_hosts=trusted_hosts,
            state=state,
            tls_port=tls_port,
            proxy=reaching.plan if reaching is not None else None,
        )
        try:
            check_choices()
            asyncio.run(_serve(server, plan, log, reaching))
        except CannotListen as error:
            wanted = {"port": port, "tls_port": tls_port, "proxy": proxy}
            option = option_name(error.of)
            raise Failure(why_not_listening(error, wanted[error.of] or 0, bind=bind, option=option)) from None
        except AuthorityError as error:
            raise Failure(f"--tls-port: {error}") from None
        except StateError as error:
            raise Failure(f"--state: {error}") from None
        except UsageError as error:
            raise Failure(str(error)) from None
        finally:
            log.close()


def _check_ports(**ports: int | None) -> None:
    """Raise WrongUse if two ports are the same, other than 0 for a free one."""
    named: dict[int, str] = {}
    for of, port in ports.items():
        if port and named.setdefault(port, of) != of:
            taken = option_name(named[port])
            raise WrongUse(f"{option_name(of)}: {port} is already {taken}; name a different one, or 0 for a free one")


def _tell_faults(folder: Path) -> None:
    """Report which scenarios of a folder cannot be played; the server starts all the same."""
    # Imported here because most servers have no such folder.
    from copper_emulator.scenarios import load

    for file in sorted(folder.glob("*.yaml")):
        try:
            load(file)
        except ScenarioError as error:
            for line in str(error).splitlines():
                complain(f"--scenarios: {line}")


@contextmanager
def _proxy(port: int | None, allowed: Sequence[str], log: Log, plan: Plan) -> Iterator[Reaching | None]:
    if port is None:
        if allowed:
            raise WrongUse("--proxy-allow needs a proxy: give --proxy, too")
        yield None
        return
    # Imported here because most servers have no proxy, and it loads what makes certificates.
    from copper_emulator.cli.reaching import Reaching, check_allowed

    check_allowed(allowed)
    try:
        reaching = Reaching(log.proxy_refused, plan.tokens, port=port, allowed=allowed)
    except AuthorityError as error:
        raise Failure(f"--proxy: {error}") from None
    with reaching:
        yield reaching


async def _serve(server: Server, plan: Plan, log: Log, reaching: Reaching | None) -> None:
    ended = told_to_end()
    async with server:
        try:
            file = None if reaching is None else reaching.shell_file(server)
        except (AuthorityError, OSError) as error:
            raise Failure(f"--proxy: {error}") from None
        log.ready(server, plan, file)
        await ended.wait()
    log.ended()
