"""A process that is killed at one of its steps."""

import os
import signal
from collections.abc import Callable

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic


def run_and_kill(step: int, run: Callable[[], object]) -> bool:
    """Run in a child that gets SIGKILL at its ``step``-th step; return whether it got that far."""
    child = os.fork()
    if child == 0:
        seen = 0

        def observe(_name: str) -> None:
            nonlocal seen
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

        atomic.observe_steps(observe)
        try:
            run()
        except BaseException:
            os._exit(2)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, "the run failed by itself"
    return False
