"""`manage.py copper subscribe` on deployment, `copper work` every minute, `copper reconcile` every night."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from deals.copper import Busy, client
from deals.sync import reconcile, work


class Command(BaseCommand):
    """Each job ends by itself, and reports what it did."""

    help = "subscribe to Copper's webhooks, work off what they told of, or reconcile with what they missed"

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the argument that selects the job."""
        parser.add_argument("job", choices=["subscribe", "work", "reconcile"])

    def handle(self, *args: Any, job: str, **options: Any) -> None:
        """Run the job. Django prints a CommandError on one line, and exits with 1."""
        try:
            with client() as copper:
                if job == "subscribe":
                    done = copper.subscribe(settings.COPPER_TARGET, settings.COPPER_SECRET)
                    self.stdout.write(f"subscribed: {', '.join(done) or 'nothing new'}")
                else:
                    fetched = (work if job == "work" else reconcile)(copper)
                    self.stdout.write(f"fetched: {fetched}")
        except Busy:
            raise CommandError("Copper takes no more calls for now; the next run goes on") from None
