"""Scenarios for the standalone server: the shipped ones, those in a folder, and those sent as text.

The server knows only the protocol in `shell/served/runs.py`; this implements it with scenarios, and `serve` passes it
in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yarl import URL

from copper_emulator.claims import ClaimReason
from copper_emulator.core.account import Account
from copper_emulator.core.errors import RouteError, ScenarioError
from copper_emulator.core.model import Kind
from copper_emulator.core.targets import origin_of
from copper_emulator.core.text import count, no_such
from copper_emulator.operations import LocalOperations
from copper_emulator.scenarios.load import Scenario, load, parse
from copper_emulator.scenarios.perform import BuiltInEndpoint
from copper_emulator.scenarios.play import play
from copper_emulator.scenarios.result import StepResult
from copper_emulator.scenarios.shipped import shipped_folder
from copper_emulator.scenarios.targets import ORIGIN, aimed_at
from copper_emulator.settings import Settings
from copper_emulator.shell.delivering.driver import Rounds
from copper_emulator.shell.routing.destinations import RouteKind
from copper_emulator.shell.routing.routes import Blocked, Destination, Detour, Route, checked_url
from copper_emulator.shell.served.runs import End, Offer, OnStep, PlayedStep
from copper_emulator.shell.tenant import Tenant
from copper_emulator.verdict import verdict_text

SENT = "scenario"
"""How messages call a scenario that was sent as text."""

_EARLIER = ClaimReason(
    "{} had ended before the scenario began", "Only what is sent while a scenario plays counts: let a step cause it."
)


class ServedScenarios:
    """A `Player` for a server.

    Args:
        folder: more scenarios besides the shipped ones, and with precedence over them if names are equal.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folders = [shipped_folder(), *([folder] if folder is not None else [])]
        self._read: dict[Path, tuple[int, Offer]] = {}

    def offers(self) -> list[Offer]:
        """All scenarios by name; a file is read again if it has changed."""
        return [self._offer(name, path) for name, path in sorted(self._files().items())]

    def named(self, name: str, target: str | None) -> ServedPlay:
        """Return the scenario of this name. Raises ScenarioError if there is none or it has mistakes."""
        path = self._files().get(name)
        if path is None:
            raise ScenarioError(no_such("scenario", name, sorted(self._files())))
        return ServedPlay(load(path), target)

    def written(self, text: str, target: str | None) -> ServedPlay:
        """Parse a scenario sent as text. Raises ScenarioError with everything that is wrong with it."""
        return ServedPlay(parse(text, SENT, alone=True), target)

    def _files(self) -> dict[str, Path]:
        return {path.stem: path for folder in self._folders for path in folder.glob("*.yaml")}

    def _offer(self, name: str, path: Path) -> Offer:
        changed = path.stat().st_mtime_ns
        known = self._read.get(path)
        if known is None or known[0] != changed:
            known = self._read[path] = (changed, _offered(name, path))
        return known[1]


@dataclass(frozen=True)
class ServedPlay:
    """One scenario about to be played on an account; with a target, everything is sent there.

    With `adopts`, it uses the account's existing subscriptions to its topics, and everything is sent to their target.
    """

    scenario: Scenario
    target: str | None
    adopts: bool = False

    @property
    def title(self) -> str:
        return self.scenario.name

    @property
    def total_steps(self) -> int:
        return len(self.scenario.content.steps)

    def settings(self, own: Settings) -> Settings:
        """An account's settings with the scenario's own. Raises SettingsError."""
        return own.with_changes(self.scenario.content.settings)

    def rounds(self, tenant: Tenant, on_step: OnStep) -> Rounds[End]:
        """Play it. Without a target, a built-in endpoint meanwhile takes whatever has no route."""
        routes = tenant.routes
        scenario, detours = self._aimed(tenant)
        surface = tenant.surface.of_scenario
        operations = LocalOperations(tenant, surface=surface)
        with tenant.lock:
            first_entry = len(tenant.account.journal.entries)
            operations.claims.set_aside(tenant.account.journal.deliveries, _EARLIER._replace(until=first_entry))
            there = {subscription.id for subscription in tenant.account.subscriptions}
        routes.detours.extend(detours)
        try:
            result = yield from play(
                scenario, operations, on_step=lambda step: on_step(_played(step)), prepared=True, adopts=self.adopts
            )
        finally:
            for detour in detours:
                routes.detours.remove(detour)
        account, settings = tenant.account, tenant.settings
        verdict = ""
        if result.passed and settings.strict:
            verdict = verdict_text(account, operations.claims, settings.allow, surface)
        draws = account.draws
        drawn_from = draws.seed if draws.made else None
        others = "" if result.passed else _others(account, there, first_entry)
        failure, failed = (f"{text}{others}" for text in (result.failure, result.failed))
        return End(failure, failed, verdict, result.sent, result.waiting, result.timeline, drawn_from)

    def check(self, tenant: Tenant) -> None:
        """Raise UsageError if this account cannot send to its target."""
        self._aimed(tenant)

    def _aimed(self, tenant: Tenant) -> tuple[Scenario, list[Detour]]:
        """The scenario as it is to be played, and the detours meanwhile."""
        if self.adopts:
            return self._adopting(tenant), []
        if self.target is None:
            return self.scenario, [_with_help_of(BuiltInEndpoint(self.scenario.content.secret))]
        if self.target.startswith("https://"):
            found = tenant.routes.resolve(self.target)
            if isinstance(found, Blocked):
                raise RouteError(found.text)
            return aimed_at(self.scenario, self.target), []
        url = checked_url(self.target, tenant.settings.allow_targets, tenant.surface.of_scenario)
        to = Route(URL(ORIGIN), url.origin(), RouteKind.URL)
        return aimed_at(self.scenario, ORIGIN + url.raw_path_qs), [_leading_to(to)]

    def _adopting(self, tenant: Tenant) -> Scenario:
        topics = {subscription.topic for subscription in self.scenario.content.subscriptions.values()}
        with tenant.lock:
            made = [each for each in tenant.account.subscriptions if not topics or each.topic in topics]
        return aimed_at(self.scenario, made[0].target) if made else self.scenario


def _others(account: Account, there: set[int], first_entry: int) -> str:
    """A note that older subscriptions were notified as well, which is a common reason for a scenario to fail."""
    entries = account.journal.entries[first_entry:]
    got = {entry.notification.subscription for entry in entries if entry.kind is Kind.QUEUED and entry.notification}
    if got.isdisjoint(there):
        return ""
    return (
        f"\nThe account also has {count(len(got & there), 'subscription')} from before, and what they are sent "
        "counts, too: play it with --reset (reset: true), which empties the account first."
    )


def _leading_to(route: Route) -> Detour:
    """Lead the targets of an aimed scenario to the endpoint it is aimed at."""
    return lambda target, found: route if target.startswith(ORIGIN + "/") else found


def _with_help_of(endpoint: BuiltInEndpoint) -> Detour:
    """Lead whatever has no route to the built-in endpoint."""

    def detour(target: str, found: Destination) -> Destination:
        if not isinstance(found, Blocked):
            return found
        return Route(URL(origin_of(target)), endpoint, RouteKind.FUNCTION)

    return detour


def _offered(name: str, path: Path) -> Offer:
    try:
        scenario = load(path)
    except ScenarioError as error:
        return Offer(name, name, "", "", 0, (), fault=str(error))
    content = scenario.content
    about = _heading(path.read_text(encoding="utf-8-sig"))
    return Offer(name, content.name, content.description, about, len(content.steps), tuple(content.settings))


def _heading(text: str) -> str:
    """The comment at the beginning of a file."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.removeprefix("#").strip())
    return "\n".join(lines)


def _played(step: StepResult) -> PlayedStep:
    return PlayedStep(step.number, step.line, step.text, step.at_ms, step.ended, step.failure)
