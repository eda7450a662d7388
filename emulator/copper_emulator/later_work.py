"""How does a test wait for what its endpoint does after its answer?"""

from __future__ import annotations

from collections.abc import Collection

from copper_emulator.core.account import Account
from copper_emulator.core.model import EntityType, Outcome
from copper_emulator.core.surface import Surface


def if_later(account: Account, surface: Surface, does: str) -> str:
    """How a test waits for an endpoint that does something after its answer, if there is one; else nothing.

    `does` completes `if a worker of yours`. There may be one where the endpoint has used the API: where something was
    changed through it after the change that was delivered first, or where it was called during a delivery.
    """
    if not surface.account or not _has_used_api(account):
        return ""
    return f"if a worker of yours {does}, let {surface.account}.after_delivery(...) wait for it"


def if_after_answer(
    account: Account,
    surface: Surface,
    kind: EntityType | None,
    ids: Collection[int] | None,
    *,
    is_active: bool,
) -> str:
    """How a test waits for a change that its endpoint makes after its answer, as a sentence; "" if there can be none.

    There can be one where an endpoint has accepted a notification about one of the records (any, without `ids`; of any
    type, without `kind`) or has used the API, and no hook waits for it; with `is_active`, only where it has used the
    API.
    """
    if not surface.account:
        return ""
    accepted = [
        delivery
        for delivery in account.journal.deliveries
        if delivery.outcome is Outcome.DELIVERED and account.may_work_on(delivery.target)
    ]
    about = not is_active and any(
        ids is None or (kind in (None, delivery.type) and not set(ids).isdisjoint(delivery.ids))
        for delivery in accepted
    )
    if not about and not (accepted and _has_used_api(account)):
        return ""
    return (
        "If your endpoint makes the change after its answer (a thread, a timer, a queue), wait for that: "
        f'{surface.account}.after_delivery(...), see `copper-emulator docs tests`, "Work that is done later".'
    )


def _has_used_api(account: Account) -> bool:
    first = next(iter(account.journal.deliveries), None)
    if first is None:
        return False
    changed = any(each.origin == "api" and each.serial > first.change.serial for each in account.journal.changes)
    return changed or any(call.during is not None for call in account.call_log.calls())
