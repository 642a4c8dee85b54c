# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A step of an authority's rollover; it is taken on the controller, whatever host the task is for."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import rollover, signing


class ActionModule(ActionBase):  # type: ignore[misc]
    """Introduce, switch to, or be left with another authority."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what the step changed; what was done up to a failure is gone on from by the next run."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _valid, arguments = self.validate_argument_spec(
            {
                "authority": {"type": "dict", "required": True},
                "step": {"type": "str", "required": True, "choices": list(rollover.STEPS)},
            }
        )
        try:
            outcome = rollover.roll(
                arguments["authority"], arguments["step"], self._loader.path_dwim, self._task.check_mode
            )
        except AnsibleError as error:
            result.update(failed=True, changed=False, msg=error.message)
        except OSError as error:
            result.update(failed=True, changed=False, msg=f"{error}; run again, it goes on from there")
        else:
            difference = outcome.difference(str(arguments["authority"]["directory"]))
            result.update(
                changed=difference.changed,
                diff=difference.as_diff(),
                signs=signing.title(outcome.after.signing),
                trusted=[signing.title(one) for one in outcome.after.trusted],
            )
        return result
