"""The endpoint for Copper. It fetches nothing, because Copper waits only so long, and sends only once."""

import hmac
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from deals.models import Note


@csrf_exempt
@require_POST
def hook(request: HttpRequest) -> HttpResponse:
    """Note the opportunities that Copper's notification names, and answer."""
    try:
        notification = json.loads(request.body)
        told, key = notification["ids"], str(notification.get("key", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return HttpResponse("not a notification", status=400)
    if not settings.COPPER_SECRET or not hmac.compare_digest(key.encode(), settings.COPPER_SECRET.encode()):
        return HttpResponse("wrong secret", status=401)
    Note.take(told)
    return HttpResponse(status=204)
