"""Relations of a record: view, relate, unrelate (developer.copper.com, related items). None causes notifications."""

from __future__ import annotations

from functools import partial
from typing import Any

from copper_emulator.core.errors import Invalid, NotFound
from copper_emulator.core.findings import NOT_LISTED, Findings
from copper_emulator.core.model import EntityType
from copper_emulator.core.records.forms.plain import Unfit, exact
from copper_emulator.core.records.forms.references import read_id
from copper_emulator.core.records.relations import ALLOWED, Item
from copper_emulator.core.records.tables import TABLES
from copper_emulator.core.text import no_such, sentence
from copper_emulator.core.topics import no_type
from copper_emulator.shell.api.answers import answer
from copper_emulator.shell.api.calls import Act, Call, routes_of
from copper_emulator.shell.api.json_answer import JsonAnswer

_KINDS = {TABLES[kind].plural: kind for kind in ALLOWED}


def view_all(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with everything that the record is related to, like `[{"id":17,"type":"opportunity"}]`."""
    return answer([_shown(item) for item in _related(kind, call)])


def view_type(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with the related records of one type."""
    wanted = _KINDS.get(call.request.match_info["plural"])
    if wanted is None:
        raise NotFound(hint=sentence(no_such("type", call.request.match_info["plural"], _KINDS)))
    return answer([_shown(item) for item in _related(kind, call) if item[0] is wanted])


def relate(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with `{"added":true,"resource":{...}}`; both records must exist."""
    this, other = (kind, call.id(TABLES[kind].noun)), read_resource(call.body)
    is_new = call.tenant.record(lambda account, now: account.relate(this, other, now))
    hint = "" if is_new else "They were related already: nothing has changed."
    return answer({"added": True, "resource": _shown(other)}, hint=hint)


def unrelate(kind: EntityType, call: Call) -> JsonAnswer:
    """200 with `{"removed":true,"resource":{...}}`; this DELETE has a body."""
    this, other = (kind, call.id(TABLES[kind].noun)), read_resource(call.body)
    call.tenant.record(lambda account, now: account.unrelate(this, other, now))
    return answer({"removed": True, "resource": _shown(other)})


def read_resource(body: Any) -> Item:
    """The other record, from a body like `{"resource":{"id":17,"type":"person"}}`. Raises Invalid."""
    found = Findings(body, ("resource",), "a relation")
    found.require("resource")
    found.raise_if_any()
    try:
        return _item(found.body["resource"])
    except Unfit as error:
        message = error.about("resource_id")
        raise Invalid.fields([("resource", message)], hint=error.hint) from None


def _item(resource: Any) -> Item:
    exact(resource, ("id", "type"), 'Write it like {"resource": {"id": 17, "type": "person"}}.')
    if resource["type"] not in list(ALLOWED):
        raise Unfit(NOT_LISTED, sentence(no_type(resource["type"], ALLOWED)))
    return EntityType(resource["type"]), read_id(resource["id"])


def _related(kind: EntityType, call: Call) -> list[Item]:
    wanted = call.id(TABLES[kind].noun)
    with call.tenant.lock:
        call.records.stored(kind, wanted)
        return call.records.relations.of((kind, wanted))


def _shown(item: Item) -> dict[str, Any]:
    return {"id": item[1], "type": str(item[0])}


def _rows(kind: EntityType) -> list[tuple[str, str, Act]]:
    path = f"/{TABLES[kind].plural}/{{id}}/related"
    return [
        ("GET", path, partial(view_all, kind)),
        ("POST", path, partial(relate, kind)),
        ("DELETE", path, partial(unrelate, kind)),
        ("GET", path + "/{plural}", partial(view_type, kind)),
    ]


routes = [route for kind in ALLOWED for route in routes_of(_rows(kind))]
