# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask many at once, each in a thread, until one deadline for all; and say in words why one failed.

Threads are daemons: one that hangs in a read can hold neither the others, nor the answer, nor the exit.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Key = TypeVar("Key")
Answer = TypeVar("Answer")


def gather(
    keys: Sequence[Key], ask: Callable[[Key], Answer], deadline: float, workers: int = 32
) -> tuple[dict[Key, Answer], dict[Key, str]]:
    """Answers of all keys that gave one and reasons of the others, at the latest `deadline` seconds from now."""
    end = time.monotonic() + deadline
    waiting: queue.SimpleQueue[Key] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Key, Answer | None, Exception | None]] = queue.SimpleQueue()

    def work() -> None:
        while True:
            try:
                key = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((key, ask(key), None))
            except Exception as error:  # a thread's error must reach the asker, whatever it is
                done.put((key, None, error))

    for key in keys:
        waiting.put(key)
    for _worker in range(min(workers, len(keys))):
        threading.Thread(target=work, daemon=True).start()
    answers: dict[Key, Answer] = {}
    reasons: dict[Key, str] = {}
    while len(answers) + len(reasons) < len(keys):
        try:
            key, answer, error = done.get(timeout=max(0.0, end - time.monotonic()))
        except queue.Empty:
            break
        if error is None:
            answers[key] = answer  # type: ignore[assignment]  # None only with an error, or where Answer allows it
        else:
            reasons[key] = explain(error)
    for key in keys:
        if key not in answers:
            reasons.setdefault(key, f"no answer within the deadline of {deadline:g} s")
    return answers, reasons


_WAYS_OUT = (
    (("UnauthorizedOperation", "AccessDenied"), "give the identity the policy of docs/inventory.md"),
    (("RequestLimitExceeded", "Throttling", "ThrottlingException"), "run again later, or set on_region_error: stale"),
    (("AuthFailure", "InvalidClientTokenId", "ExpiredToken", "RequestExpired"), "renew the credentials"),
    (("OptInRequired",), "enable the region for the account"),
)


def explain(error: Exception) -> str:
    """The error with the API call and, where one is known, the way out."""
    response = getattr(error, "response", None)  # botocore's ClientError, known by its form to spare the import
    if isinstance(response, dict) and "Error" in response:
        code = response["Error"].get("Code", "")
        text = f"{getattr(error, 'operation_name', 'AWS')} answered {code}: {response['Error'].get('Message', '')}"
        ways: Iterable[str] = (way for codes, way in _WAYS_OUT if code in codes)
        return "; ".join([text.rstrip(": "), *ways])
    if type(error).__name__ == "NoCredentialsError":
        return f"{error}; set AWS_PROFILE or option profile, or run where an instance profile answers"
    if type(error).__module__.startswith("botocore"):
        return " ".join(str(error).split())
    return f"{type(error).__name__}: {error}"
