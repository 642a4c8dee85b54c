# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's side of a component: render, sign, and one round trip to the host."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.arguments import COMPONENT
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import pack
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils import authorities, declaring
from ansible_collections.selfhosted.monitoring.plugins.plugin_utils.rendering import Renderer

MODULE = "selfhosted.monitoring.component"


class ActionModule(ActionBase):  # type: ignore[misc]
    """Bring components of a host to their declared state."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the module's result; a mistake in the declaration never reaches the host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        try:
            declared = self._declared()
            payload, certificates = self._payload(declared, variables)
            answer = self._send(payload, variables)
            installed = answer.pop("packages_wanted", None)
            if installed and not answer.get("failed"):
                self._install(installed, variables)
                answer = self._send(payload, variables)
                if answer.pop("packages_wanted", None):
                    answer.update(
                        failed=True,
                        msg="{} are not there after their installation; are these the names of packages?".format(
                            ", ".join(installed["names"])
                        ),
                    )
            requests = answer.pop("certificate_requests", None)
            if requests and not answer.get("failed"):
                certificates.sign(requests)
                certificates.fill(payload)
                answer = self._send(payload, variables)
                if answer.pop("certificate_requests", None):
                    answer.update(failed=True, msg="the host asks for the same certificates again; run again")
        except AnsibleConnectionFailure:
            raise  # the host is unreachable, which is not the declaration's fault
        except AnsibleError as error:
            result.update(failed=True, changed=False, msg=error.message)
            return result
        if installed:
            note = "packages installed: {}".format(", ".join(installed["names"]))
            answer.update(changed=True, msg="{}; {}".format(note, answer.get("msg", "")))
            answer["diff"] = [{"prepared": f"{note}\n"}, *answer.get("diff", [])]
        result.update(answer)
        return result

    def _install(self, wanted: dict[str, Any], variables: dict[str, Any]) -> None:
        """Have Ansible's own module install what the host lacks."""
        arguments: dict[str, Any] = {"name": wanted["names"], "state": "present", "update_cache": True}
        if wanted["module"] == "apt":
            arguments["install_recommends"] = False
        done = self._execute_module(
            module_name="ansible.builtin.{}".format(wanted["module"]), module_args=arguments, task_vars=variables
        )
        if done.get("failed"):
            raise AnsibleError(
                "the packages {} are missing and could not be installed; nothing was changed: {}".format(
                    ", ".join(wanted["names"]), done.get("msg", "no reason given")
                )
            )

    def _declared(self) -> list[dict[str, Any]]:
        arguments = dict(self._task.args)
        self._secrets = [str(one) for one in arguments.pop("secrets", None) or []]
        if "components" not in arguments:
            return [declaring.checked(arguments)]
        if len(arguments) > 1:
            raise AnsibleError(
                "'components' stands alone: put {} into its entries".format(
                    ", ".join(sorted(set(arguments) & set(COMPONENT)))
                )
            )
        components = arguments["components"]
        if not isinstance(components, list):
            raise AnsibleError("'components' must be a list of components")
        return [declaring.checked(one, number) for number, one in enumerate(components)]

    def _payload(
        self, declared: list[dict[str, Any]], variables: dict[str, Any]
    ) -> tuple[list[dict[str, Any]], authorities.Certificates]:
        renderer = Renderer(self._templar, variables)

        def render(directory: str) -> dict[str, bytes]:
            return renderer.directory(Path(self._find_needle("templates", directory)))

        mirrors = self._variable("artifact_mirrors", variables) or []
        checksums = self._variable("artifact_checksums", variables) or {}
        payload = [declaring.declare(one, render, mirrors, checksums) for one in declared]
        certificates = authorities.Certificates(
            declared,
            default_authority=self._variable("certificate_authority", variables),
            default_names=self._names(variables),
            host=str(variables.get("inventory_hostname", "")),
            resolve=self._loader.path_dwim,
            create=not self._task.check_mode,
            renew=[str(one) for one in self._variable("certificates_renew", variables) or []],
        )
        certificates.fill(payload)
        return payload, certificates

    def _send(self, payload: list[dict[str, Any]], variables: dict[str, Any]) -> dict[str, Any]:
        arguments = {"payload": pack(payload), "secrets": self._secrets}
        answer: dict[str, Any] = self._execute_module(module_name=MODULE, module_args=arguments, task_vars=variables)
        return answer

    def _variable(self, name: str, variables: dict[str, Any]) -> Any:
        return self._templar.template(variables[name]) if name in variables else None

    def _names(self, variables: dict[str, Any]) -> list[str]:
        """Return the names that a certificate of this host carries unless it declares its own."""
        names = list(self._variable("monitoring_names", variables) or [variables.get("inventory_hostname", "")])
        address = self._variable("ansible_host", variables)
        if address and authorities.is_address(str(address)):
            names.append(str(address))
        return [str(name) for name in dict.fromkeys(names)]
