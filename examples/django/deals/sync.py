"""Making what sales knows equal to what Copper has.

Both jobs write whole opportunities, fetched and not guessed, so that late, repeated and reordered notifications come to
the same. Where Copper takes no more calls (429) a job ends with `Busy`; what it has not done is still noted.
"""

from django.db import transaction
from django.db.models import Max

from deals.copper import Client
from deals.models import Deal, Note


def work(client: Client) -> int:
    """Fetch the opportunities that are noted; how many they were."""
    noted = list(Note.objects.values("copper_id").annotate(last=Max("pk")).order_by("last"))
    for note in noted:
        # Not inside the transaction: a database should not wait for Copper.
        record = client.opportunity(note["copper_id"])
        with transaction.atomic():
            if record is None:
                Deal.objects.filter(pk=note["copper_id"]).delete()
            else:
                Deal.keep(record)
            # Notes that came meanwhile stay: what they tell of may have happened after the fetch.
            Note.objects.filter(copper_id=note["copper_id"], pk__lte=note["last"]).delete()
    return len(noted)


def reconcile(client: Client) -> int:
    """Read everything, to find what notifications have missed; how many deals were asked for one by one.

    A search does not tell what was deleted, and may be some seconds late: a deal that it does not have is asked for.
    """
    seen = set()
    for record in client.opportunities():
        Deal.keep(record)
        seen.add(record["id"])
    missing = set(Deal.objects.values_list("pk", flat=True)) - seen
    Note.take(sorted(missing))
    return work(client)
