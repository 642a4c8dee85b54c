# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of a configuration tree: render it, and one round trip to the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.action import ActionBase
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.config_tree_arguments import CONFIG_TREE
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import pack
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import declaring, rendering

MODULE = "selfhosted.monitoring.config_tree"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Bring a configuration tree of a host to its declared state."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result; a template that does not render never reaches the host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        secrets = arguments.pop("secrets", None)
        try:
            given = self._checked(arguments)
            renderer = rendering.Renderer(self._templar, task_vars or {})

            def render(directory: str) -> dict[str, bytes]:
                return renderer.directory(Path(self._find_needle("templates", directory)))

            sent = {
                "dest": given["dest"],
                "adopt": given["adopt"],
                "secrets": secrets,
                "payload": pack(declaring.tree(given, render)),
            }
        except AnsibleError as error:
            result.update(failed=True, changed=False, msg=error.message)
            return result
        result.update(self._execute_module(module_name=MODULE, module_args=sent, task_vars=task_vars))
        return result

    @staticmethod
    def _checked(arguments: dict[str, Any]) -> dict[str, Any]:
        checked = ArgumentSpecValidator(CONFIG_TREE).validate(arguments)
        if checked.error_messages:
            raise AnsibleError("; ".join(checked.error_messages))
        known: dict[str, Any] = checked.validated_parameters
        if not known["dest"].startswith("/") or known["dest"].rstrip("/").count("/") < 2:
            raise AnsibleError(f"dest is {known['dest']!r}; give an absolute path below a directory, like /etc/haproxy")
        return dict(known, dest=known["dest"].rstrip("/"))
