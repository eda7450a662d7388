"""The control API for whole accounts: creating, deleting and resetting them, snapshots, and their settings.

The module is a little long because it has both the request models and the operations on them.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import AfterValidator, Field, create_model, field_validator

from copper_emulator.core.account import Account
from copper_emulator.core.errors import StateError, UsageError
from copper_emulator.core.ids import LAST_PLACE
from copper_emulator.core.model import DEFAULT_EMAIL, Key
from copper_emulator.core.paths import api_url
from copper_emulator.core.surface import BEGUN_WITH
from copper_emulator.core.wire import iso
from copper_emulator.settings import SETTINGS, Settings, no_setting
from copper_emulator.shell.control.bases import Nothing, Shape, Taken
from copper_emulator.shell.control.models import AccountShape, AccountsShape
from copper_emulator.shell.control.operation import Operation, ServerOperation, account_of
from copper_emulator.shell.control.setting_texts import differing, resetting, schema_of
from copper_emulator.shell.guarding import Refused
from copper_emulator.shell.persistence.snapshots import read_snapshot, snapshot
from copper_emulator.shell.served.account import ServedAccount
from copper_emulator.shell.served.accounts import DEFAULT, Accounts, has_token, place_of
from copper_emulator.value_mistakes import shown

_MAX_SNAPSHOT = 256 * 1024 * 1024
"""Bytes allowed in a snapshot to be restored: it may hold 100,000 records."""

_SETTINGS = "like those of the command line, {name: value}; those left out are as on the server's command line"

_PLACE = (
    "2 for the second of several accounts that are used together, so that no id is in both; what is left out follows "
    "from the name, and is 1 without a name"
)


def _fits(pattern: str, words: str) -> AfterValidator:
    """A validator for text that matches a pattern, which `words` describes in the error message."""

    def check(given: str) -> str:
        if re.fullmatch(pattern, given) is None:
            raise ValueError(f"{shown(given)} is not allowed: {words}")
        return given

    return AfterValidator(check)


_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_VISIBLE = r"^[!-~]{1,200}$"
_ADDRESS = r"^[!-?A-~]{1,64}@[!-?A-~]{1,135}$"
_NAMED = "use 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or a digit"
_SEEN = "use 1 to 200 ASCII characters, without spaces"
_ADDRESSED = "write an email address, like ada@example.com"

Name = Annotated[str, _fits(_NAME, _NAMED), Field(json_schema_extra={"pattern": _NAME})]
Visible = Annotated[str, _fits(_VISIBLE, _SEEN), Field(json_schema_extra={"pattern": _VISIBLE})]
Address = Annotated[str, _fits(_ADDRESS, _ADDRESSED), Field(json_schema_extra={"pattern": _ADDRESS})]


class NewAccount(Taken):
    """How to create an account; whatever is left out is chosen."""

    name: Name | None = Field(None, description="made of letters, digits, dots, dashes and underscores")
    token: Visible | None = Field(None, description="the access token of its first key")
    email: Address = Field(DEFAULT_EMAIL, description="of its first key")
    settings: dict[str, Any] = Field(default_factory=dict, description=_SETTINGS)
    place: int | None = Field(None, ge=1, le=LAST_PLACE, description=_PLACE)


class Reset(Taken):
    """The settings the account has from now on, if any are given; `{}` means those of the command line."""

    settings: dict[str, Any] | None = Field(None, description=_SETTINGS)


class Restore(Taken):
    """A snapshot as answered by `GET /snapshot`, on this or another server."""

    class Document(Taken):
        """The snapshot, as it was."""

        version: int = Field(ge=1)
        account: str
        at: str
        state: dict[str, Any]
        digest: str

    @field_validator("snapshot", mode="before")
    @classmethod
    def _is_one(cls, given: object) -> object:
        """Refuse JSON that is not a snapshot with one message, instead of one for each unknown key."""
        if isinstance(given, dict) and given.keys() == cls.Document.model_fields.keys():
            return given
        raise ValueError("is not one: GET .../snapshot and copper-emulator snapshot make them")

    snapshot: Document


class _Settings(Taken):
    @classmethod
    def unknown(cls, name: str) -> str:
        # The same message as when an account is created or reset with settings.
        return no_setting(name)


Changes = create_model(
    "Changes",
    __base__=_Settings,
    __doc__="The settings to change from now on.",
    **{
        name: (Any, Field(None, description=each.description, json_schema_extra=schema_of(each)))
        for name, each in SETTINGS.items()
    },
)  # type: ignore[call-overload]  # names that only Settings knows


class MadeShape(Shape):
    """A new account, and everything a client needs to know about it."""

    name: str
    email: str
    token: str = Field(description="shown only this once")
    api_url: str = Field(description="the base URL for a client of Copper")
    headers: dict[str, str] = Field(description="what such a client sends")


class DeletedShape(Shape):
    """The account that was deleted."""

    name: str


class SettingsShape(Shape):
    """An account's settings, in the usual notation."""

    settings: dict[str, Any]
    live: list[str] = Field(description="those that can be changed now; the others need a reset")
    choices: dict[str, list[str]] = Field(description="the choices for those that take one of a few words")
    own: bool = Field(description="whether reset returns to settings of its own, not to the command line's")


class SnapshotShape(Shape):
    """An account as a document. It has the secrets of its subscriptions, and no tokens."""

    version: int
    account: str
    at: str = Field(description="when it was made")
    state: dict[str, Any] = Field(description="to be restored unchanged")
    digest: str = Field(description="shows whether it was changed")


async def list_accounts(accounts: Accounts, request: web.Request, params: Nothing) -> AccountsShape:
    """List all accounts, each at a glance."""
    return AccountsShape.unvalidated(accounts=[vars(at_a_glance(account)) for account in accounts])


async def create_account(accounts: Accounts, request: web.Request, params: NewAccount) -> MadeShape:
    """Create an account with a token of its own. 409 if its name or its token is already in use."""
    settings = _changed(accounts.plan.settings, params.settings)
    key = Key(1, params.token or secrets.token_hex(16), params.email)
    try:
        made = accounts.create(params.name or accounts.free_name(), key, settings, _place(params))
    except UsageError as error:
        raise Refused(409, str(error), hint="Choose another, or leave it out to have one chosen.") from None
    return MadeShape(
        name=made.name,
        email=key.email,
        token=key.token,
        api_url=api_url(str(request.url.origin())),
        headers=key.headers,
    )


async def delete_account(accounts: Accounts, request: web.Request, params: Nothing) -> DeletedShape:
    """Delete an account with everything in it; deliveries on their way are cut off. 409 for `default`."""
    account = account_of(request, accounts)
    if account.name == DEFAULT:
        raise Refused(409, f"the account {DEFAULT!r} always exists", hint="Reset it instead.")
    await accounts.delete(account)
    return DeletedShape(name=account.name)


async def show_account(served: ServedAccount, params: Nothing) -> AccountShape:
    """Show one account at a glance."""
    return at_a_glance(served)


async def reset(served: ServedAccount, params: Reset) -> AccountShape:
    """Empty the account: no records, subscriptions, waiting notifications or journal. Its key and clock stay."""
    given = params.settings
    await served.reset(None if given is None else _changed(served.plan.settings, given) or served.plan.settings)
    return at_a_glance(served)


async def read_settings(served: ServedAccount, params: Nothing) -> SettingsShape:
    """Show the settings, which say how the account behaves."""
    return _settings(served)


async def change_settings(served: ServedAccount, params: Taken) -> SettingsShape:
    """Change settings from now on. 409 for those that only a new or reset account can take up. While time stands still,
    what the change lets go is delivered before this is answered."""
    given = params.model_dump(exclude_unset=True)
    before = served.tenant.settings
    after = _fit_for_a_server(before.with_changes(given))
    changed = [name for name in given if getattr(before, name) != getattr(after, name)]
    fixed = [name for name in changed if name in BEGUN_WITH]
    if fixed:
        use = "Switch faults with copper-emulator faults, or POST .../faults. " if "faults" in fixed else ""
        raise Refused(
            409,
            f"{', '.join(fixed)}: an account starts with it and keeps it",
            hint=f"{use}Reset the account with it: {resetting({name: given[name] for name in fixed})}.",
        )
    if changed:
        served.tenant.change_settings(after, f"new settings: {', '.join(differing(after, before))}")
        served.runner.wake()
        await served.runner.wait_until_settled()
    return _settings(served)


async def make_snapshot(served: ServedAccount, params: Nothing) -> SnapshotShape:
    """Make a document of the whole account."""
    made = snapshot(served.tenant)
    return SnapshotShape(
        version=made.version, account=made.account, at=iso(made.now_ms), state=dict(made.state), digest=made.digest
    )


async def restore(served: ServedAccount, params: Restore) -> AccountShape:
    """Restore a snapshot, with its clock; the account keeps its own token and its settings `allow_targets` and `ca`.

    A route of the snapshot to another machine is left out, or is the one that the account has for its origin now.

    422 for a snapshot that cannot be read; then nothing is changed.
    """
    document = params.snapshot
    try:
        found = read_snapshot(document.version, document.state, document.digest)
        await served.restore(found)
        _bring_inbox(served, document.account)
    except StateError as error:
        raise Refused(422, f"the snapshot cannot be restored: {error}") from None
    return at_a_glance(served)


def _bring_inbox(served: ServedAccount, account: str) -> None:
    """Point subscriptions to that account's inbox at this one's instead: an account sends to no inbox but its own."""
    with served.tenant.lock:
        for each in list(served.tenant.account.subscriptions):
            target = served.inbox.moved(each.target, account)
            if target != each.target:
                change = partial(_send_to, each.id, target, each.key)
                served.tenant.record(change)


def _send_to(subscription: int, target: str, key: int, account: Account, now: int) -> None:
    account.update_subscription(subscription, {"target": target}, now, key=key)


def at_a_glance(served: ServedAccount) -> AccountShape:
    tenant = served.tenant
    with tenant.lock:
        account = tenant.account
        return AccountShape.unvalidated(
            name=served.name,
            email=account.key.email if has_token(account) else None,
            keys=len(account.keys),
            now=iso(tenant.now()),
            running=served.clock.running,
            subscriptions=len(account.subscriptions),
            changes=len(account.journal.changes),
            waiting=len(account.waiting()),
            outcomes=Counter(delivery.outcome for delivery in account.journal.deliveries),
            routes=[str(route) for route in tenant.routes],
        )


def _place(params: NewAccount) -> int:
    if params.place is not None:
        return params.place
    # A name that was chosen for it depends on which accounts there are, and so on what other tests do meanwhile.
    return 1 if params.name is None else place_of(params.name)


def _changed(settings: Settings, given: Mapping[str, Any]) -> Settings | None:
    """The settings with those changes, or None if none are given."""
    return _fit_for_a_server(settings.with_changes(given)) if given else None


def _fit_for_a_server(settings: Settings) -> Settings:
    if settings.intercept:
        raise Refused(422, "intercept: only in tests; serve --proxy PORT leads Copper's hosts to a server")
    return settings


def _settings(served: ServedAccount) -> SettingsShape:
    tenant = served.tenant
    return SettingsShape(
        settings=tenant.settings.as_json(),
        live=[name for name in SETTINGS if name not in BEGUN_WITH],
        choices={name: list(each.choices) for name, each in SETTINGS.items() if each.choices},
        own=tenant.has_own_settings,
    )


ACCOUNTS: tuple[ServerOperation[Any], ...] = (
    ServerOperation("GET", "/accounts", "All accounts", Nothing, AccountsShape, list_accounts),
    ServerOperation("POST", "/accounts", "Create an account", NewAccount, MadeShape, create_account, status=201),
    ServerOperation("DELETE", "/accounts/{name}", "Delete an account", Nothing, DeletedShape, delete_account),
)

ACCOUNT_OPERATIONS: tuple[Operation[Any], ...] = (
    Operation("GET", "", "An account at a glance", Nothing, AccountShape, show_account),
    Operation("GET", "/settings", "How the account behaves", Nothing, SettingsShape, read_settings),
    Operation("POST", "/settings", "Change how it behaves", Changes, SettingsShape, change_settings),
    Operation("GET", "/snapshot", "Save everything, as a document", Nothing, SnapshotShape, make_snapshot),
    Operation("POST", "/restore", "Restore a snapshot", Restore, AccountShape, restore, max_body=_MAX_SNAPSHOT),
    Operation("POST", "/reset", "Reset the account", Reset, AccountShape, reset),
)
