"""Plays a scenario on an account of its own, against a URL or a built-in endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from copper_emulator.core.model import DEFAULT_EMAIL, Key
from copper_emulator.core.surface import Surface
from copper_emulator.core.targets import origin_of
from copper_emulator.operations import LocalOperations
from copper_emulator.scenarios.load import Scenario
from copper_emulator.scenarios.play import OnStep, play
from copper_emulator.scenarios.result import ScenarioResult
from copper_emulator.scenarios.targets import aimed_at, own_origin, targets_of
from copper_emulator.settings import Settings
from copper_emulator.shell.clock import VirtualClock
from copper_emulator.shell.delivering.driver import run_sync
from copper_emulator.shell.delivering.in_tests import SyncDispatcher
from copper_emulator.shell.host import Host
from copper_emulator.shell.routing.messages import Received, Response
from copper_emulator.shell.routing.routes import checked_url
from copper_emulator.shell.tenant import Tenant
from copper_emulator.verdict import verdict_text


@dataclass(frozen=True, slots=True)
class Performance:
    """How it went, and the verdict on what no step asked about, as at the end of a test."""

    result: ScenarioResult
    verdict: str
    drawn_from: int | None = None
    """The seed, if anything was drawn from it."""

    @property
    def passed(self) -> bool:
        return self.result.passed and not self.verdict


def perform(
    scenario: Scenario,
    *,
    target: str | None = None,
    settings: Mapping[str, Any],
    on_step: OnStep | None = None,
    host: Host | None = None,
    token: str = "",
) -> Performance:
    """Play a scenario by itself, in virtual time.

    Args:
        scenario: as returned by `load`.
        target: the URL that gets all of its notifications; by default, the built-in endpoint does.
        settings: override the scenario's own.
        on_step: called after each step.
        host: serves the account's API meanwhile; without one nobody can fetch from it.
        token: the account's.

    Raises:
        UsageError: nothing can be sent to the target, or a setting is wrong.
    """
    scenario = scenario.with_settings(settings)
    wanted = Settings(**scenario.content.settings)
    key = Key(1, token or "scenario", DEFAULT_EMAIL)
    tenant = Tenant("scenario", wanted, VirtualClock(), key=key, surface=Surface.RUN)
    if target is None:
        endpoint = BuiltInEndpoint(scenario.content.secret)
        for each in targets_of(scenario.content):
            tenant.routes.add(origin_of(each), endpoint, "function")
    else:
        url = checked_url(target, wanted.allow_targets, tenant.surface)
        origin = own_origin(scenario.content)
        scenario = aimed_at(scenario, origin + url.raw_path_qs)
        tenant.routes.add(origin, str(url.origin()))
    operations = LocalOperations(tenant)
    with _open_dispatcher(tenant, host) as dispatcher:
        result = run_sync(play(scenario, operations, on_step=on_step), dispatcher.send)
        verdict = verdict_text(tenant.account, operations.claims, wanted.allow, tenant.surface) if wanted.strict else ""
    draws = tenant.account.draws
    return Performance(result, "" if not result.passed else verdict, draws.seed if draws.made else None)


@contextmanager
def _open_dispatcher(tenant: Tenant, host: Host | None) -> Iterator[SyncDispatcher]:
    used = Host(keeps_authority=True) if host is None else host
    used.add(tenant)
    dispatcher = SyncDispatcher(tenant, used)
    try:
        yield dispatcher
    finally:
        dispatcher.close()
        used.remove(tenant)
        if host is None:
            used.close()


class BuiltInEndpoint:
    """A correct endpoint for trying a scenario: 200, or 401 to a notification without the scenario's secret."""

    route_name = "the built-in endpoint"
    """How people are told where a route leads."""

    def __init__(self, secret: Mapping[str, str] | None) -> None:
        self._secret = dict(secret or {})

    def __call__(self, request: Received) -> Response:
        body = request.json
        if any(body.get(name) != value for name, value in self._secret.items()):
            return Response(401, {"error": "wrong secret"})
        return Response(200)
