"""Which hooks does an account have, and which of them are still to be called, for which deliveries?"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from copper_emulator.core.errors import of_hook, raised_on_purpose
from copper_emulator.core.model import ANSWERED, Delivery
from copper_emulator.shell.failed_tasks import Workers
from copper_emulator.shell.hook_watch import HookWatch
from copper_emulator.shell.hook_work import Hook
from copper_emulator.shell.routing.destinations import name_of

__tracebackhide__ = raised_on_purpose


class Hooks:
    """The `after_delivery` hooks of one account, called one after the other, for one delivery after the other."""

    def __init__(self) -> None:
        self.registered: list[Hook] = []
        self.pending: deque[tuple[Hook, Delivery]] = deque()
        """Calls that are still to be made; an earlier one may have raised."""
        self.are_held = False
        """Whether pending calls wait until this is off again: a hook may wait for work that a check holds back."""
        self.workers = Workers()
        """Tasks of endpoints outside any delivery; noted only while there are hooks, which may wait for their work."""
        self._watch = HookWatch()

    def queue(self, deliveries: Iterable[Delivery]) -> None:
        """Have every hook called for each of these that an endpoint has answered."""
        answered = (delivery for delivery in deliveries if delivery.outcome in ANSWERED)
        self.pending += [(hook, delivery) for delivery in answered for hook in self.registered]

    def call(self, hook: Hook, delivery: Delivery) -> object:
        """Call a hook, and name it to the user if it does not return. Returns what it returns."""
        with self._watch.watching(hook, delivery):
            return hook(delivery)

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """Leave, for a block, the pending calls for afterwards."""
        before, self.pending = self.pending, deque()
        try:
            yield
        finally:
            self.pending = before

    def clear(self) -> None:
        """Forget all hooks, because the account starts afresh."""
        self.registered.clear()
        self.pending.clear()
        self.workers = Workers()

    def close(self) -> None:
        """End the thread that watches over hooks, if there is one."""
        self._watch.close()


@contextmanager
def noting_hook(hook: Hook, delivery: Delivery) -> Iterator[None]:
    """Within the block, an exception of the hook is given a note that names the hook and its delivery."""
    try:
        yield
    except Exception as error:
        error.add_note(of_hook(f"{name_of(hook)}, for {delivery.notification}"))
        raise
