"""prospyr's resources. An act is [verb, resource, arguments...]; see `VERBS`.

prospyr imports a name from `collections` that Python 3.10 moved, so that name is put back before prospyr is imported.
Of its two caches, this uses the one that keeps nothing, so that everything read comes from the server.
"""

import collections
import collections.abc
import json
import sys
from collections.abc import Callable
from typing import Any

collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]

from prospyr import connect, exceptions, resources  # noqa: E402
from prospyr.cache import NoOpCache  # noqa: E402
from prospyr.connection import get as get_connection  # noqa: E402


def get(resource: Any, **wanted: Any) -> Any:
    return vars(resource.objects.get(**wanted))


def listed(resource: Any) -> Any:
    return [each.id for each in resource.objects.all()]


def search(resource: Any, order: str, **filters: Any) -> Any:
    return [each.id for each in resource.objects.filter(**filters).order_by(order)]


def create(resource: Any, **fields: Any) -> Any:
    made = resource(**fields)
    made.create()
    return made.id


def update(resource: Any, wanted: int, **fields: Any) -> Any:
    found = resource.objects.get(id=wanted)
    for name, value in fields.items():
        setattr(found, name, value)
    return found.update()


def delete(resource: Any, wanted: int) -> Any:
    return resource.objects.get(id=wanted).delete()


def post(resource: Any, **fields: Any) -> Any:
    """Create by its connection, which is the way for resources that it can only read."""
    connection = get_connection("default")
    return connection.post(connection.build_absolute_url(resource.Meta.list_path), json=fields).json()["id"]


VERBS: dict[str, Callable[..., Any]] = {
    "get": get,
    "list": listed,
    "search": search,
    "create": create,
    "update": update,
    "delete": delete,
    "post": post,
}


def act(verb: str, name: str, *arguments: Any) -> dict[str, Any]:
    named = arguments[-1] if arguments and isinstance(arguments[-1], dict) else {}
    positional = arguments[:-1] if named else arguments
    try:
        return {"ok": VERBS[verb](getattr(resources, name), *positional, **named)}
    except (exceptions.ApiError, ValueError) as problem:
        return {"raised": type(problem).__name__, "text": str(problem)}


given = json.load(sys.stdin)
# The client adds the version itself, and refuses a URL that contains one.
base = {"url": given["url"].removesuffix("v1")} if "url" in given else {}
connect(given["email"], given["token"], cache=NoOpCache(), **base)
json.dump([act(*each) for each in given["acts"]], sys.stdout, default=str)
