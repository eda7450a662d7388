"""The control API for where notifications go: routes, targets, and pausing a target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import Field

from copper_emulator.core.account import Account
from copper_emulator.core.model import State
from copper_emulator.core.targets import is_beyond
from copper_emulator.core.text import choices, sentence
from copper_emulator.shell.control.bases import Nothing, Shape, Taken
from copper_emulator.shell.control.operation import Operation
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.routing.inbox import ROUTE
from copper_emulator.shell.routing.routes import Blocked, NoRoute, Route
from copper_emulator.shell.served.account import ServedAccount


class NewRoute(Taken):
    """`origin` and targets below it go to the URL `to`."""

    origin: str = Field(max_length=2048, examples=["https://billing.example.com"])
    to: str = Field(max_length=2048, examples=["http://127.0.0.1:5000"])


class OfRoute(Taken):
    """Which route, by its origin."""

    origin: str = Field(max_length=2048)


class OfTarget(Taken):
    """Which target, as written in a subscription."""

    target: str = Field(min_length=1, max_length=2048)


class RouteShape(Shape):
    """`origin` and targets below it are sent to `to`."""

    origin: str
    to: str
    beyond: bool = Field(description="whether `to` is beyond this machine, so that somebody else gets what is sent")


class RoutesShape(Shape):
    """All routes, in the order in which they are tried: the longest prefix wins."""

    routes: list[RouteShape]


class TargetShape(Shape):
    """A target that a subscription has, or that is paused."""

    target: str
    route: str = Field(description="where it leads: a URL, `the inbox`, or empty if it is sent to unchanged")
    blocked: str | None = Field(description="why nothing is sent there, and what would allow it; null if it is")
    subscriptions: list[int]
    waiting: int = Field(description="notifications for it that have not been sent")
    sending: int = Field(description="notifications on their way to it")
    paused: bool


class TargetsShape(Shape):
    """All targets, by name."""

    targets: list[TargetShape]


async def list_routes(served: ServedAccount, params: Nothing) -> RoutesShape:
    """List the routes: where notifications for targets are really sent."""
    with served.tenant.lock:
        return RoutesShape(routes=[_route(each) for each in served.tenant.routes])


async def add_route(served: ServedAccount, params: NewRoute) -> RoutesShape:
    """Add a route, or change where an existing one leads."""
    with served.tenant.lock:
        served.tenant.routes.add(params.origin, params.to, "url")
    return await list_routes(served, Nothing())


async def remove_route(served: ServedAccount, params: OfRoute) -> RoutesShape:
    """Remove a route."""
    try:
        with served.tenant.lock:
            served.tenant.routes.remove(params.origin)
    except NoRoute as error:
        raise Refused(404, str(error)) from None
    return await list_routes(served, Nothing())


async def list_targets(served: ServedAccount, params: Nothing) -> TargetsShape:
    """List every target, with what waits for it."""
    with served.tenant.lock:
        return _shown(served, _targets(served.tenant.account))


async def pause(served: ServedAccount, params: OfTarget) -> TargetShape:
    """Send nothing more to a target until it is resumed; what waits for it keeps waiting."""
    if params.target not in _targets(served.tenant.account):
        raise Refused(404, f"nobody has subscribed the target {params.target!r}", hint=_known(served.tenant.account))
    served.tenant.record(lambda account, now: account.pause(params.target, now))
    return _one(served, params.target)


async def resume(served: ServedAccount, params: OfTarget) -> TargetShape:
    """Resume a paused target. While time stands still, what is due there is delivered before this is answered."""
    if params.target not in served.tenant.account.paused:
        raise Refused(409, f"the target {params.target!r} is not paused", hint=_known(served.tenant.account))
    served.tenant.record(lambda account, now: account.resume(params.target, now))
    await served.runner.wait_until_settled()
    return _one(served, params.target)


TARGET_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "/routes", "Where targets are really sent", Nothing, RoutesShape, list_routes),
    Operation("POST", "/routes", "Add a route", NewRoute, RoutesShape, add_route),
    Operation("POST", "/routes/remove", "Remove a route", OfRoute, RoutesShape, remove_route),
    Operation("GET", "/targets", "Targets and what waits for them", Nothing, TargetsShape, list_targets),
    Operation("POST", "/targets/pause", "Pause a target", OfTarget, TargetShape, pause),
    Operation("POST", "/targets/resume", "Resume a target", OfTarget, TargetShape, resume),
)


def _route(route: Route) -> RouteShape:
    return RouteShape(origin=route.written, to=route.name, beyond=is_beyond(str(route.to)))


def _targets(account: Account) -> list[str]:
    return sorted({subscription.target for subscription in account.subscriptions} | account.paused)


def _known(account: Account) -> str | None:
    targets = _targets(account)
    return sentence(choices("target", targets, most=5)) if targets else "There is no subscription yet."


def _one(served: ServedAccount, target: str) -> TargetShape:
    # Not looked for among all: once it is resumed, perhaps only what still waits for it knows of it.
    with served.tenant.lock:
        (shown,) = _shown(served, [target]).targets
    return shown


def _shown(served: ServedAccount, targets: Iterable[str]) -> TargetsShape:
    account = served.tenant.account
    waiting: Counter[str] = Counter()
    sending: Counter[str] = Counter()
    for notification in account.waiting():
        counted = sending if notification.state is State.SENDING else waiting
        counted[account.target_of(notification)] += 1
    return TargetsShape(targets=[_target(served, target, waiting[target], sending[target]) for target in targets])


def _target(served: ServedAccount, target: str, waiting: int, sending: int) -> TargetShape:
    account = served.tenant.account
    route, blocked = _led(served, target)
    return TargetShape(
        target=target,
        route=route,
        blocked=blocked,
        subscriptions=[each.id for each in account.subscriptions if each.target == target],
        waiting=waiting,
        sending=sending,
        paused=target in account.paused,
    )


def _led(served: ServedAccount, target: str) -> tuple[str, str | None]:
    if served.inbox.is_for(target):
        return ROUTE, None
    found = served.tenant.routes.resolve(target)
    if isinstance(found, Blocked):
        return "", served.inbox.other_inbox_text(target) or found.text
    return (found.name if isinstance(found, Route) else ""), None
