"""Bring what sales knows in line with Copper.

Both jobs store whole opportunities as fetched, so that late, repeated and reordered notifications lead to the same
result. If Copper accepts no more calls (429), a job ends with `Busy`; what it has not done is still noted.
"""

from django.db import transaction
from django.db.models import Max

from deals.copper import Client
from deals.models import Deal, Note


def work(client: Client) -> int:
    """Fetch the opportunities that are noted; return how many there were."""
    noted = list(Note.objects.values("copper_id").annotate(last=Max("pk")).order_by("last"))
    for note in noted:
        # Outside the transaction, because a database should not wait for Copper.
        record = client.opportunity(note["copper_id"])
        with transaction.atomic():
            if record is None:
                Deal.objects.filter(pk=note["copper_id"]).delete()
            else:
                Deal.keep(record)
            # Notes made meanwhile stay, because their changes may have happened after the fetch.
            Note.objects.filter(copper_id=note["copper_id"], pk__lte=note["last"]).delete()
    return len(noted)


def reconcile(client: Client) -> int:
    """Read everything, to find what notifications have missed; return how many deals were fetched one by one.

    A search omits deleted opportunities and may be some seconds late, so deals that it lacks are fetched by id.
    """
    seen = set()
    for record in client.opportunities():
        Deal.keep(record)
        seen.add(record["id"])
    missing = set(Deal.objects.values_list("pk", flat=True)) - seen
    Note.take(sorted(missing))
    return work(client)
