"""`copper-emulator serve`: the standalone server, with its log on stdout."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from copper_emulator.cli import Failure, WrongUse
from copper_emulator.cli.ending import told_to_end
from copper_emulator.cli.log import Log
from copper_emulator.cli.values import Number
from copper_emulator.core.errors import AuthorityError, RouteError, SettingsError, StateError
from copper_emulator.settings import Settings
from copper_emulator.shell.api.setting_texts import choices
from copper_emulator.shell.plan import Plan
from copper_emulator.shell.serving import DEFAULT_PORT, CannotListen, Server

if TYPE_CHECKING:
    from copper_emulator.cli.reaching import Reaching
    from copper_emulator.shell.runs import Player

F = TypeVar("F", bound=Callable[..., Any])

IN_FLIGHT = 16
"""A person's endpoint is a real server and takes several requests at once; tests want a strict order, hence 1 there."""

NOTES: Mapping[str, str] = {
    "strict": "for tests, and for scenarios that are played here",
    "allow": "for tests, and for scenarios that are played here",
    "echo_depth": "with --clock manual only: in real time nothing tells whose change it is",
}
"""What an option does otherwise than the setting in tests."""

_OPTION_NAMES = {"allow_targets": "allow-target", "faults": "fault"}
_REPEATABLE = {"allow_targets": "HOST", "ca": "FILE", "faults": "FAULT"}


def option_name(setting: str) -> str:
    """`over_limit` -> `--over-limit`; what is given once for each host is in the singular."""
    return "--" + _OPTION_NAMES.get(setting, setting).replace("_", "-")


def setting_options(command: F, notes: Mapping[str, str] = NOTES) -> F:
    """An option for every setting, with the setting's own name, value syntax, default and description.

    `intercept` has none: Copper's hosts lead to a server by its proxy.
    """
    command = _no_interception(command)
    shown = Settings.of({"in_flight": IN_FLIGHT}).model_dump(mode="json")
    for name, field in reversed(Settings.model_fields.items()):
        if name == "intercept":
            continue
        text, default = field.description or "", shown[name]
        if name in notes:
            text += f" ({notes[name]})"
        option = option_name(name)
        if isinstance(default, bool):
            declaration = f"{option}/--no-{option.removeprefix('--')}"
            add = click.option(declaration, name, default=None, help=f"{text}  [default: {'yes' if default else 'no'}]")
        elif name in _REPEATABLE:
            add = click.option(option, name, metavar=_REPEATABLE[name], multiple=True, help=f"{text}; repeatable")
        else:
            shown_default = ",".join(map(str, default)) if isinstance(default, list) else default
            tail = f"  [default: {shown_default}]" if shown_default != "" else ""
            add = click.option(option, name, metavar="VALUE", default=None, help=text + _choices(field) + tail)
        command = add(command)
    return command


def _no_interception(command: F) -> F:
    """Takes an option that people may know from tests, and says what does it here."""

    def refuse(ctx: click.Context, parameter: click.Parameter, value: bool | None) -> None:  # noqa: FBT001
        if value is None:
            return
        if ctx.info_name == "exec":
            raise WrongUse("--intercept: what the command calls at Copper's hosts always lands here; leave it out")
        raise WrongUse("--intercept: in tests only; for a server it is --proxy PORT that leads Copper's hosts to it")

    hidden = click.option("--intercept/--no-intercept", default=None, hidden=True, expose_value=False, callback=refuse)
    return hidden(command)


def _choices(field: Any) -> str:
    named = choices(field)
    return f" ({' or '.join(named)})" if named else ""


def parse_route(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each `ORIGIN=URL` as the two. Raises WrongUse."""
    routes: list[tuple[str, str]] = []
    if not given:
        return routes
    from copper_emulator.shell.routes import Routes

    for text in given:
        origin, equals, url = text.partition("=")
        if not equals:
            raise WrongUse(f"--route {text!r}: write ORIGIN=URL, like https://my-app.example=http://127.0.0.1:5000")
        try:
            Routes().add(origin, url, "url")
        except RouteError as error:
            raise WrongUse(f"--route {text!r}: {error}") from None
        routes.append((origin, url))
    return routes


@click.command(short_help="Serve Copper's webhook API and deliver notifications.")
@click.option("--port", type=Number(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 takes a free one")
@click.option("--tls-port", type=Number(0, 65535), help="serve over TLS, too, at this port; 0 takes a free one")
@click.option("--bind", metavar="ADDRESS", default="127.0.0.1", show_default=True, help="address to listen on")
@click.option(
    "--route",
    "routes",
    metavar="ORIGIN=URL",
    multiple=True,
    callback=parse_route,
    help="send targets that begin with ORIGIN to URL; repeatable, the longest prefix wins",
)
@click.option("--token", "tokens", metavar="TOKEN", multiple=True, help="accept only this token; repeatable")
@click.option(
    "--clock", type=click.Choice(["wall", "manual"]), default="wall", show_default=True, help="manual: see advance"
)
@click.option(
    "--trusted-host",
    "trusted_hosts",
    metavar="HOST",
    multiple=True,
    help="name beyond loopback under which the control API may be called; repeatable",
)
@click.option(
    "--scenarios",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="a folder of scenario files that can be played, beside the shipped ones",
)
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="keep everything in FILE, and go on from it; made where there is none",
)
@click.option("--proxy", type=Number(0, 65535), help="port of a proxy that leads calls to Copper here; 0: a free one")
@click.option(
    "--proxy-allow",
    "allowed",
    metavar="HOST",
    multiple=True,
    help="let programs through it to another host than Copper's; repeatable",
)
@click.option("--json", "as_json", is_flag=True, help="log as JSON, one object on each line")
@setting_options
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

    The first access token that is used becomes the key of the account "default", each further one opens an account;
    --token fixes them. Everything that happens is logged: subscriptions, changes, deliveries and why something was not
    delivered. Notifications go to loopback and along routes only.

    \b
    Example:
      copper-emulator serve --route https://my-app.example=http://127.0.0.1:5000 --latency 0-15m --clock manual
    """
    if any(not token.strip() for token in tokens):
        raise WrongUse("--token: a token cannot be empty")
    log = Log(as_json=as_json)
    plan = Plan(
        settings=settings_of(given),
        clock="manual" if clock == "manual" else "wall",
        routes=routes,
        tokens=tokens,
        listener=log.entry,
        player=cache(partial(player, scenarios)),
    )
    # Where no signal handlers can be had (Windows), Ctrl-C comes as an exception.
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
            asyncio.run(_serve(server, plan, log, reaching))
        except CannotListen as error:
            wanted = {"port": port, "tls_port": tls_port, "proxy": proxy}
            raise Failure(_why_not(error, bind, wanted[error.of] or 0, option_name(error.of))) from None
        except AuthorityError as error:
            raise Failure(f"--tls-port: {error}") from None
        except StateError as error:
            raise Failure(f"--state: {error}") from None
        finally:
            log.close()


def settings_of(given: dict[str, Any]) -> Settings:
    """Those that the options ask for. Raises WrongUse."""
    values = {name: value for name, value in given.items() if value is not None and value != ()}
    values.setdefault("in_flight", IN_FLIGHT)
    try:
        return Settings.of(values)
    except SettingsError as error:
        name, colon, rest = str(error).partition(":")
        raise WrongUse(option_name(name) + colon + rest if name in Settings.model_fields else str(error)) from None


def player(folder: Path | None) -> Player:
    """Who knows the shipped scenarios, and those of a folder."""
    # Imported at first need: until then nobody waits for it.
    from copper_emulator.served_scenarios import ServedScenarios

    return ServedScenarios(folder)


@contextmanager
def _proxy(port: int | None, allowed: Sequence[str], log: Log, plan: Plan) -> Iterator[Reaching | None]:
    if port is None:
        if allowed:
            raise WrongUse("--proxy-allow is about a proxy: give --proxy, too")
        yield None
        return
    # Most servers have none; with it comes what makes certificates.
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


def _why_not(error: OSError, bind: str, port: int, option: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {bind} is in use, perhaps by another copper-emulator: choose one with {option}, "
            f"or {option} 0 for a free one"
        )
    return f"cannot listen on {bind} port {port}: {error.strerror or error}"
