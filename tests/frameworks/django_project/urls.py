"""The endpoints: plain and async views, one that fails, and one that works once its transaction has committed."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from tests.frameworks.django_project.models import Customer


def hook(request: HttpRequest) -> HttpResponse:
    ids = json.loads(request.body)["ids"]
    changed = Customer.objects.filter(copper_id__in=ids).update(stale=True)
    return JsonResponse(_seen(request, changed), status=202)


async def async_hook(request: HttpRequest) -> HttpResponse:
    ids = json.loads(request.body)["ids"]
    changed = await Customer.objects.filter(copper_id__in=ids).aupdate(stale=True)
    return JsonResponse(_seen(request, changed), status=202)


def create(request: HttpRequest) -> HttpResponse:
    for copper_id in json.loads(request.body)["ids"]:
        Customer.objects.create(copper_id=copper_id)
    return HttpResponse(status=201)


def broken(_request: HttpRequest) -> HttpResponse:
    raise LookupError("no such customer")


async def async_broken(_request: HttpRequest) -> HttpResponse:
    raise LookupError("no such customer")


def on_commit(request: HttpRequest) -> HttpResponse:
    ids = json.loads(request.body)["ids"]
    transaction.on_commit(lambda: Customer.objects.filter(copper_id__in=ids).update(stale=True))
    return HttpResponse(status=202)


def create_on_commit(request: HttpRequest) -> HttpResponse:
    body = json.loads(request.body)

    def work() -> None:
        Customer.objects.filter(copper_id__in=body["ids"]).delete()
        if body["event"] != "delete":
            Customer.objects.bulk_create(Customer(copper_id=each) for each in body["ids"])

    transaction.on_commit(work)
    return HttpResponse(status=202)


def _seen(request: HttpRequest, changed: int) -> dict[str, Any]:
    return {"changed": changed, "url": request.build_absolute_uri(), "secure": request.is_secure()}


urlpatterns = [
    path("hooks/view", csrf_exempt(hook)),
    path("hooks/not-exempt", hook),
    path("hooks/live", csrf_exempt(hook)),
    path("hooks/async-view", csrf_exempt(async_hook)),
    path("hooks/create", csrf_exempt(create)),
    path("hooks/broken", csrf_exempt(broken)),
    path("hooks/async-broken", csrf_exempt(async_broken)),
    path("hooks/on-commit", csrf_exempt(on_commit)),
    path("hooks/create-on-commit", csrf_exempt(create_on_commit)),
]
