# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""At the end of a run: what did not finish, tasks a host, seconds a role, the slowest tasks."""

from __future__ import annotations

DOCUMENTATION = """
name: run_summary
type: aggregate
short_description: Tasks a host, seconds a role and the hosts that did not finish
version_added: 0.1.0
author: The selfhosted.monitoring contributors (@selfhosted)
description:
  - Prints, after the play recap, what an operator asks first of a run, namely which hosts did not finish and where,
    how many tasks each host took, how many seconds each role took, and which tasks were slowest.
  - Seconds are wall time on the controller, from a task's start to the start of the next one.
options:
  slowest:
    description: How many of the slowest tasks are listed. 0 lists none.
    type: int
    default: 5
    env:
      - name: MONITORING_RUN_SUMMARY_SLOWEST
    ini:
      - section: callback_run_summary
        key: slowest
  json_path:
    description: A file that receives the same figures as JSON, for a benchmark or a pipeline. Not written if unset.
    type: path
    env:
      - name: MONITORING_RUN_SUMMARY_JSON
    ini:
      - section: callback_run_summary
        key: json_path
"""

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

WITHOUT_ROLE = "(no role)"


@dataclass
class Timing:
    """What a run has done so far. Times are seconds of a monotonic clock."""

    started: float
    task_started: float | None = None
    task: tuple[str, str] = ("", "")  # role, task name
    seconds: Counter[tuple[str, str]] = field(default_factory=Counter)
    tasks: Counter[tuple[str, str]] = field(default_factory=Counter)  # (role, host) -> results
    troubled: dict[str, str] = field(default_factory=dict)  # host -> what stopped it

    def begin(self, role: str, name: str, now: float) -> None:
        """The running task ends where the next one begins."""
        self.end(now)
        self.task, self.task_started = (role, name), now

    def end(self, now: float) -> None:
        """Book the running task's time, if one runs."""
        if self.task_started is not None:
            self.seconds[self.task] += now - self.task_started
        self.task_started = None

    def hosts(self) -> dict[str, int]:
        """Tasks a host, skipped ones too: they cost time as well."""
        total: Counter[str] = Counter()
        for (_role, host), count in self.tasks.items():
            total[host] += count
        return dict(sorted(total.items()))

    def roles(self) -> dict[str, dict[str, Any]]:
        """Seconds and the most tasks that any host took, for each role, slowest first."""
        seconds: Counter[str] = Counter()
        for (role, _name), spent in self.seconds.items():
            seconds[role] += spent
        most = {
            role: max((count for (owner, _host), count in self.tasks.items() if owner == role), default=0)
            for role in seconds
        }
        return {role: {"seconds": spent, "tasks_a_host": most[role]} for role, spent in seconds.most_common()}


def spread(tasks: dict[str, int]) -> str:
    """Tasks a host in one phrase: hosts with the same number are counted together.

    >>> spread({"a": 4, "b": 4, "c": 5})
    '4 tasks on 2 hosts, 5 on 1 host (c)'
    """
    groups: dict[int, list[str]] = {}
    for host, count in tasks.items():
        groups.setdefault(count, []).append(host)
    phrases = []
    for count, members in sorted(groups.items()):
        unit = (" task" if count == 1 else " tasks") if not phrases else ""
        single = f" ({members[0]})" if len(members) == 1 and len(tasks) > 1 else ""
        phrases.append(f"{count}{unit} on {len(members)} host{'s' if len(members) > 1 else ''}{single}")
    return ", ".join(phrases) or "no task ran"


def report(timing: Timing, elapsed: float, slowest: int) -> list[str]:
    """The lines to print; what needs attention comes first."""
    lines = [f"not finished: {host}: {reason}" for host, reason in sorted(timing.troubled.items())]
    hosts = timing.hosts()
    lines.append(f"{len(hosts)} host{'' if len(hosts) == 1 else 's'} in {elapsed:.1f} s: {spread(hosts)}")
    lines += [
        f"{figures['seconds']:8.1f} s  {role}, {figures['tasks_a_host']} tasks a host at most"
        for role, figures in timing.roles().items()
    ]
    if slowest > 0 and timing.seconds:
        lines.append("slowest tasks")
        lines += [
            f"{spent:8.1f} s  {name}{'' if role == WITHOUT_ROLE else f' ({role})'}"
            for (role, name), spent in timing.seconds.most_common(slowest)
        ]
    return lines


class CallbackModule(CallbackBase):
    """Feeds Ansible's events into a Timing and prints it at the end."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "selfhosted.monitoring.run_summary"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._timing = Timing(started=time.monotonic())

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:  # noqa: ARG002
        self._timing.begin(_role(task), _name(task), time.monotonic())

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        self.v2_playbook_on_task_start(task, False)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._count(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._count(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._count(result)
        if not ignore_errors:
            self._timing.troubled[result._host.get_name()] = f"failed at: {_name(result._task)}"

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._count(result)
        self._timing.troubled[result._host.get_name()] = f"unreachable at: {_name(result._task)}"

    def v2_playbook_on_stats(self, stats: Any) -> None:  # noqa: ARG002
        now = time.monotonic()
        self._timing.end(now)
        elapsed = now - self._timing.started
        self._display.banner("RUN SUMMARY")
        for line in report(self._timing, elapsed, self.get_option("slowest")):
            self._display.display(line)
        if path := self.get_option("json_path"):
            figures = {
                "seconds": elapsed,
                "tasks_a_host": self._timing.hosts(),
                "roles": self._timing.roles(),
                "not_finished": self._timing.troubled,
            }
            Path(path).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")

    def _count(self, result: Any) -> None:
        self._timing.tasks[_role(result._task), result._host.get_name()] += 1


def _name(task: Any) -> str:
    # Ansible's own check of a role's arguments repeats the role's whole description.
    return str(task.name or task.action).split(" against arg spec ", maxsplit=1)[0]


def _role(task: Any) -> str:
    role = getattr(task, "_role", None)
    return role.get_name() if role else WITHOUT_ROLE
