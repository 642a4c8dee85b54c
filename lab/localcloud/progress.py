"""Progress lines of long steps, and how long each took."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

QUIET_FOR = 3.0
"""Seconds before a step is worth a line: what has nothing to do says nothing."""
REMIND_EVERY = 30.0


class Progress:
    """Prints `==> Step ... 48 s` and keeps the times; steps may run beside each other."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Print one line at once."""
        with self._lock:
            sys.stdout.write(f"{text}\n")
            sys.stdout.flush()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Time what is inside; print it where it takes longer than a moment."""
        begun, over = time.monotonic(), threading.Event()

        def remind() -> None:
            wait = QUIET_FOR
            while not over.wait(wait):
                passed = time.monotonic() - begun
                self.say(f"==> {title} ..." + (f" {passed:.0f} s so far" if wait == REMIND_EVERY else ""))
                wait = REMIND_EVERY

        watcher = threading.Thread(target=remind, daemon=True)
        watcher.start()
        failed = True
        try:
            yield
            failed = False
        finally:
            over.set()
            watcher.join()
            passed = time.monotonic() - begun
            self.seconds[title] = self.seconds.get(title, 0.0) + passed
            if failed:
                self.say(f"==> {title} ... failed after {passed:.0f} s")
            elif passed >= QUIET_FOR:
                self.say(f"==> {title} ... {passed:.0f} s")

    def split(self) -> str:
        """Return one line with the time of each step that took a second or more."""
        parts = [f"{title} {seconds:.0f} s" for title, seconds in self.seconds.items() if seconds >= 1]
        return ", ".join(parts)
