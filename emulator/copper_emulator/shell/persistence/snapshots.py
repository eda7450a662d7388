"""An account as one JSON document, to be restored here or elsewhere.

It contains everything but the tokens, including secrets and headers of subscriptions in the clear. It is not for
editing: a snapshot changed since it was made is refused, because the consequences would be unpredictable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from copper_emulator.core.errors import StateError
from copper_emulator.core.model import Key
from copper_emulator.core.state.parts import RowKey
from copper_emulator.core.targets import comparable, is_beyond
from copper_emulator.shell.persistence.rows import TENANT_PART, StoredAccount, rows_of
from copper_emulator.shell.routing.routes import Routes
from copper_emulator.shell.tenant import Tenant

VERSION = 1
"""The document's version; increases when older ones cannot be read as they are."""


class Snapshot(NamedTuple):
    """One account at one moment."""

    version: int
    account: str
    now_ms: int
    state: Mapping[str, Any]
    digest: str


def snapshot(tenant: Tenant) -> Snapshot:
    """Make a snapshot of the account as it is now."""
    with tenant.lock:
        now, rows = tenant.clock.now(), rows_of(tenant)
        keys = [[key.serial, "", key.email] for key in tenant.account.keys]
    rows[TENANT_PART] = [(name, keys if name == "keys" else value) for name, value in rows[TENANT_PART]]
    state = {part: [list(row) for row in part_rows] for part, part_rows in rows.items()}
    return Snapshot(VERSION, tenant.name, now, state, digest_of(state))


def read_snapshot(version: int, state: Mapping[str, Any], digest: str) -> StoredAccount:
    """Read a snapshot. Raises StateError if it is none, or not as it was made."""
    if version != VERSION:
        raise StateError(
            f"the snapshot has version {version}, but this copper-emulator reads {VERSION}: make a new one, or use the "
            "version that made it"
        )
    try:
        as_made = digest_of(state) == digest
    except RecursionError:
        raise StateError("this is not a snapshot: it is nested too deeply") from None
    if not as_made:
        raise StateError(
            "the snapshot was altered after it was made: its digest does not match its content. Make a new one; to "
            "change something, restore it, change it, and make another"
        )
    try:
        rows = {part: [(_key(key), value) for key, value in part_rows] for part, part_rows in state.items()}
    except (TypeError, ValueError):
        raise StateError("this is not a snapshot: its state is not lists of rows") from None
    return StoredAccount(rows)


def _key(key: object) -> RowKey:
    if not isinstance(key, int | str):
        raise TypeError("the key of a row is a number or a text")
    return key


def keys_after(saved: StoredAccount, tenant: Tenant) -> list[Key]:
    """The keys of a restored account: the snapshot's, the last with the token that the account has now."""
    with tenant.lock:
        present = tenant.account.keys[-1] if tenant.account.keys else None
    if not saved.keys:
        return [present] if present is not None else []
    *earlier, last = saved.keys
    return [*earlier, Key(last.serial, present.token if present is not None else "", last.email)]


def routes_after(saved: StoredAccount, tenant: Tenant) -> list[tuple[str, str]]:
    """The routes of a restored account: the snapshot's, but to another machine only where the account leads now.

    A snapshot may come from somebody else, and must not decide which machine gets what is sent.
    """
    found = Routes()
    saved.add_routes(found)
    with tenant.lock:
        present = {comparable(route.written): route for route in tenant.routes}
    kept = [present.get(comparable(route.written)) if is_beyond(str(route.to)) else route for route in found]
    return [(route.written, str(route.to)) for route in kept if route is not None]


def digest_of(state: Mapping[str, Any]) -> str:
    """A digest that stays the same however the state has been parsed and written meanwhile."""
    text = _text(state)
    if _MAYBE_WHOLE.search(text):
        text = _text(_plain(state))
    return blake2b(text.encode(), digest_size=16).hexdigest()


_MAYBE_WHOLE = re.compile(r"\.0[,\]}]|e\+")
"""How a float ends that is a whole number. Most states have none, and going through a large one takes a while."""


def _text(state: Mapping[str, Any]) -> str:
    return json.dumps(state, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    # JavaScript writes 12.0 as 12.
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
