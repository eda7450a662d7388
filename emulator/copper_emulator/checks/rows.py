"""The table of rows: everything that is tried against an endpoint.

It is longer than other modules because it is one table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from copper_emulator.checks import (
    alike,
    contact,
    converting,
    echo,
    hanging,
    keep_alive,
    killing,
    naming,
    order,
    overtaking,
    races,
    references,
    refusals,
    restarting,
    secrecy,
    shapes,
)
from copper_emulator.checks.bench import APART_MS, LATE_MS, Bench
from copper_emulator.checks.hints import UNREAD
from copper_emulator.checks.report import Finding
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.rules import MAX_IDS
from copper_emulator.shell.delivering.driver import Rounds

Play: TypeAlias = Callable[[Bench], Rounds[Finding | None]]
"""Does what a row is about. If it returns no finding, the answers and the state are judged."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is tried.

    Args:
        name: for `--only` and `--skip`.
        about: what it does.
        advice: what to do if it fails.
        play: does it.
        kind: the type it is about, if any.
        all_events: it needs a type that has new, update and delete.
        life: it plays a record's whole life in the plainest way; an endpoint that accepts none of it accepts nothing.
        several: it does the same with the fewest ids that are several.
        secret: it does not apply to an endpoint that is meant to accept all notifications.
        ahead: milliseconds that it plays ahead.
        fetches: without a state, it says nothing about an endpoint that does not call the API meanwhile.
        compares: it looks at the endpoint's state, if that is given.
        limit: seconds of real time it may take.
        service: it needs the process behind the endpoint, and is played only where the check has started that.
    """

    name: str
    about: str
    advice: str
    play: Play
    kind: EntityType | None = None
    all_events: bool = True
    life: bool = False
    several: bool = False
    secret: bool = False
    ahead: int = 0
    fetches: bool = False
    compares: bool = True
    limit: float = 60.0
    service: bool = False


_FIRST = (
    "Look in the endpoint's own log: this is the plainest notification there is. Make sure it reads the body as JSON "
    "and fetches from the check's API, with its token, and that the state is read where the endpoint writes."
)
_ONE = (
    "See its log if it failed. A notification carries no record, so fetch each (`GET /{}/{{id}}`), write it over what "
    "you have, and remove what was deleted. An endpoint that gets or creates it, or ignores conflicts, keeps old "
    "values."
)
_FETCH = (
    "Treat a notification as a hint that something changed: fetch the record and store what Copper has now. Do not "
    "apply the values in updated_attributes, and treat a 404 as a deletion."
)
_BODY = "Read the keys you need by their names, with a default, and ignore all others, wherever they are."


def _life(kind: EntityType) -> Row:
    noun = TABLES[kind].noun
    only_new = kind is EntityType.ACTIVITY_LOG
    about = f"{'an' if noun[0] in 'ao' else 'a'} {noun} is created{'' if only_new else ', changed and deleted'}"
    play = partial(contact.life, kind=kind)
    advice = _ONE.format(TABLES[kind].plural)
    return Row(f"type-{kind}", about, advice, play, kind=kind, all_events=False, life=True, ahead=contact.LIFE_MS)


def _batch(number: int) -> Row:
    def play(bench: Bench) -> Rounds[None]:
        yield from contact.lives(bench, order.main(bench), number)

    about = f"{number} records created, changed and deleted, {number} in each notification"
    about = about if number > 1 else about.replace("records", "record")
    advice = contact.ALIKE_IDS if number > 1 else _ONE.format("people")
    return Row(f"batch-{number}", about, advice, play, ahead=contact.LIFE_MS)


def _smallest_batch() -> Row:
    row, ahead = _batch(_FEWEST), len(EntityType) * contact.LIFE_MS
    play = partial(contact.lives_of_each_type, number=_FEWEST)
    return replace(row, about=f"{row.about}, of each type that passed", play=play, several=True, ahead=ahead)


_FEWEST = 2


def _late(name: str, about: str, play: Play) -> Row:
    return Row(name, about, _FETCH, play, ahead=LATE_MS)


PLAINEST = Row("answers", "one notification is answered 2xx", _FIRST, contact.one, all_events=False)

ROWS: tuple[Row, ...] = (
    PLAINEST,
    # Before all others: whoever leaves something unread fails anywhere, depending on how fast the next one comes.
    Row(
        "kept-connection",
        "the next notification comes over the same connection",
        UNREAD,
        keep_alive.kept,
        all_events=False,
        compares=False,
    ),
    Row(
        "no-redirect",
        "it is answered at the URL it was sent to",
        contact.REDIRECT,
        contact.redirects,
        all_events=False,
        compares=False,
    ),
    Row(
        "in-time",
        f"{MAX_IDS} ids are answered in time",
        contact.IN_TIME,
        contact.in_time,
        all_events=False,
        compares=False,
    ),
    *(_life(kind) for kind in EntityType),
    # Before those in which several are changed to one name.
    Row("same-name", "two records have the same name", alike.SAME_NAME, alike.same_name, ahead=alike.SAME_NAME_MS),
    _batch(1),
    _smallest_batch(),
    _batch(MAX_IDS),
    Row(
        "secret-missing",
        "a notification without the secret is refused",
        secrecy.ADVICE,
        secrecy.missing,
        all_events=False,
        secret=True,
    ),
    Row(
        "secret-wrong",
        "a notification with a wrong secret is refused",
        secrecy.ADVICE,
        secrecy.wrong,
        all_events=False,
        secret=True,
        limit=120.0,
    ),
    _late("late", "everything arrives 15 minutes late", order.late),
    _late("update-before-new", "a record's update comes before the `new`", order.update_before_new),
    _late("delete-before-update", "a record's update comes after the `delete`", order.delete_before_update),
    _late("delete-before-new", "a record's `new` comes after the `delete`", order.delete_before_new),
    _late("updates-swapped", "the older of two updates comes last", order.updates_swapped),
    Row(
        "again",
        "every notification comes twice",
        "Make a repeat harmless: write by id (upsert), never insert.",
        order.again,
        ahead=order.AGAIN_MS,
    ),
    Row(
        "same-second",
        "two updates of one record within a second, and a third later",
        order.SAME_SECOND,
        order.same_second,
        ahead=order.AGAIN_MS,
    ),
    Row(
        "back-and-forth",
        "a change is made, undone and made again",
        alike.MADE_AGAIN,
        alike.back_and_forth,
        ahead=alike.AGAIN_MS,
    ),
    Row("same-id", "records of two types have the same id", alike.SAME_ID, alike.same_id, ahead=alike.SAME_ID_MS),
    Row(
        "converted",
        "a lead is converted, and its person has the same email address",
        converting.CONVERTED,
        converting.converted,
        kind=EntityType.LEAD,
        all_events=False,
        ahead=converting.CONVERTED_MS,
    ),
    Row("unknown-keys", "keys that Copper may add some day", _BODY, shapes.unknown_keys),
    Row(
        "unknown-type",
        "a type and an event that nobody knows yet",
        shapes.UNKNOWN_TYPE,
        shapes.unknown_types,
        all_events=False,
        compares=False,
    ),
    Row(
        "content-type",
        "the content type names the encoding, too",
        shapes.CONTENT_TYPE,
        shapes.content_type,
        all_events=False,
    ),
    Row("empty-attributes", "updated_attributes is {}", _BODY, shapes.empty_attributes, ahead=shapes.ATTRIBUTES_MS),
    Row(
        "absent-attributes",
        "new and delete without updated_attributes",
        _BODY,
        shapes.absent_attributes,
        ahead=shapes.ATTRIBUTES_MS,
    ),
    Row(
        "large-attributes",
        "updated_attributes of 128 KB",
        "Allow larger bodies (many frameworks stop at 100 KB). Without a framework, read until as many bytes have "
        "come as Content-Length says: one read gives what is there so far.",
        shapes.large_attributes,
        ahead=shapes.SHAPES_MS,
    ),
    Row(
        "other-scripts",
        "names in other scripts, and an emoji",
        "Read the body as UTF-8, whatever the system's locale is, and make sure the database and the log accept every "
        "character.",
        naming.other_scripts,
        ahead=naming.SCRIPTS_MS,
    ),
    Row(
        "names",
        "names of one word and of many, and with quotes, commas and other signs",
        naming.NAMES,
        naming.names,
        ahead=naming.NAMES_MS,
    ),
    Row(
        "values",
        "a text, a list and an object, null before and null again afterwards",
        "The old and the new value may each be null, a list or an object: check before you read one as text.",
        shapes.values,
        ahead=shapes.SHAPES_MS,
    ),
    Row(
        "opportunity-values",
        "an opportunity's value, close date and stage change",
        "A number may be whole or not, and any value null: read it as what it is, and do not calculate with null. A "
        "stage is reported as `stage_id` and `stage`, not as `pipeline_stage_id`. A close_date is a text, month first: "
        "3/15/2027.",
        shapes.opportunity_values,
        kind=EntityType.OPPORTUNITY,
        all_events=False,
        ahead=shapes.DEAL_MS,
    ),
    Row(
        "emails",
        "a person has three emails, then a different first one, then none",
        "Do not rely on an email, or on its place in the list: a person may have none, or have them in any order.",
        shapes.emails,
        kind=EntityType.PERSON,
        all_events=False,
        ahead=shapes.SHAPES_MS,
    ),
    Row(
        "custom-fields",
        "custom fields of six types change, nested by their ids",
        "updated_attributes.custom_fields is itself an object: {id: [old, new]}, by the ids of the fields' definitions "
        "and not by their names. A value is a number, a text, true or false, a list of ids, or null, as the "
        "definition's data_type says.",
        shapes.custom_fields,
        ahead=shapes.SHAPES_MS,
    ),
    Row(
        "unknown-records",
        "a record refers to a company and a person that are older than the subscriptions",
        references.UNKNOWN,
        references.unknown_records,
        all_events=False,
        fetches=True,
    ),
    Row(
        "new-references",
        "a record refers to a user, a stage, a custom field and others that were just added",
        references.ADDED,
        references.added,
        all_events=False,
        ahead=references.ADDED_MS,
    ),
    Row("slow-fetch", "the API takes 2 s for each call", races.SLOW_FETCH, races.slow_fetch, all_events=False),
    Row(
        "rate-limited",
        f"the first {refusals.LIMITED} calls of the API are answered 429",
        refusals.ADVICE,
        refusals.rate_limited,
        all_events=False,
        ahead=refusals.REFUSED_MS,
        limit=120.0,
    ),
    Row(
        "api-down-once",
        "the first call of the API is answered 503",
        refusals.ADVICE,
        refusals.down_once,
        all_events=False,
        ahead=refusals.REFUSED_MS,
        limit=120.0,
    ),
    Row(
        "api-refuses-key",
        "the API answers 401 while a record changes",
        refusals.KEY_REFUSED,
        refusals.key_refused,
        ahead=refusals.REFUSED_MS,
        limit=120.0,
    ),
    Row(
        "api-hangs",
        "a call of the API is never answered",
        hanging.ADVICE,
        hanging.api_hangs,
        all_events=False,
        ahead=hanging.HANGING_MS,
        limit=180.0,
    ),
    Row("gone", "a record is deleted before it can be fetched", _FETCH, races.gone),
    Row(
        "gone-in-batch",
        "one of three records is gone",
        "Handle each id by itself: a 404 for one must not stop the others.",
        races.gone_in_batch,
        ahead=races.GONE_MS,
    ),
    Row(
        "search-behind",
        "searches do not see a new record yet, and still see a deleted one",
        races.SEARCH_BEHIND,
        races.search_behind,
        fetches=True,
        ahead=APART_MS + 2 * races.BEHIND_MS,
    ),
    Row("concurrent", "16 notifications at once", races.CONCURRENT, races.concurrent, ahead=races.CONCURRENT_MS),
    Row(
        "overtaken",
        "a fetch is answered after a later fetch",
        overtaking.ADVICE,
        overtaking.overtaken,
        ahead=overtaking.OVERTAKEN_MS,
    ),
    Row(
        "deleted-meanwhile",
        "a record's `delete` comes while a fetch of it is under way",
        overtaking.DELETE_WAITS,
        overtaking.deleted_meanwhile,
        ahead=overtaking.OVERTAKEN_MS,
    ),
    Row("echo", "what it writes itself comes back to it", echo.ECHO, echo.echo, ahead=echo.ECHO_MS),
    Row(
        "burst",
        "1,801 notifications, as fast as Copper's limits allow",
        races.BURST_ADVICE,
        races.burst,
        all_events=False,
        ahead=races.BURST_MS,
        limit=120.0,
    ),
    # The last, because a service may not come back from them.
    Row(
        "restarted",
        "with COMMAND: it is ended and started again, and subscribes to nothing twice",
        restarting.ADVICE,
        restarting.restarted,
        all_events=False,
        compares=False,
        limit=240.0,
        service=True,
    ),
    Row(
        "killed-after-answer",
        "with COMMAND: it is killed right after an answer, and started again",
        killing.ADVICE,
        killing.killed,
        all_events=False,
        limit=240.0,
        service=True,
    ),
)
