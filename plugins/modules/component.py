#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: component
short_description: Bring a component of a host to its declared state in one transaction
version_added: 0.1.0
"""

EXAMPLES = r"""
"""

RETURN = r"""
"""

import contextlib
import platform
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component_arguments import module_arguments
from ansible_collections.selfhosted.monitoring.plugins.module_utils.declaration import Declaration, unpack
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.layout import Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.locking import held
from ansible_collections.selfhosted.monitoring.plugins.module_utils.removal import remove
from ansible_collections.selfhosted.monitoring.plugins.module_utils.systemd import Systemd
from ansible_collections.selfhosted.monitoring.plugins.module_utils.transaction import Outcome, Transaction


def bring(declarations: list[Declaration], check: bool, done: list[Outcome]) -> list[dict[str, str]]:
    """Apply the components in order, adding what was done to ``done``.

    Returns signing requests instead, with nothing changed, if any certificate must be signed first.
    """
    services = Systemd()
    transactions = [Transaction(one, Layout(one.name), services) for one in declarations]
    with contextlib.ExitStack() as locks:
        if not check:
            for transaction in transactions:
                locks.enter_context(held(transaction.layout.lock, transaction.declaration.name))
            requests = [request for transaction in transactions for request in transaction.requests()]
            if requests:
                return requests
        for transaction in transactions:
            if not transaction.declaration.present:
                done.append(remove(transaction.layout, services, check))
            else:
                done.append(transaction.check() if check else transaction.apply())
    return []


def result(done: list[Outcome]) -> dict[str, Any]:
    """Return what the task reports."""
    return {
        "changed": any(outcome.changed for outcome in done),
        "restart_pending": any(outcome.restart_pending for outcome in done),
        "diff": [entry for outcome in done for entry in outcome.difference.as_diff()],
        "msg": "; ".join(outcome.message() for outcome in done),
        "components": {
            outcome.name: {
                "changed": outcome.changed,
                "version": outcome.version,
                "generation": outcome.generation,
                "restarted": outcome.restarted,
                "reloaded": outcome.reloaded,
                "restart_pending": outcome.restart_pending,
                "not_validated": outcome.not_validated,
            }
            for outcome in done
        },
    }


def main() -> None:
    """Run on the host."""
    module = AnsibleModule(argument_spec=module_arguments(), supports_check_mode=True)
    module.no_log_values.update(value for value in module.params["secrets"] or [] if value)
    if not module.params["payload"]:
        module.fail_json(msg="this module runs by the action plugin of its name, which renders what it is sent")
    done: list[Outcome] = []
    try:
        declarations = unpack(module.params["payload"], platform.machine())
        requests = bring(declarations, module.check_mode, done)
    except Failure as failure:
        module.fail_json(**dict(result(done), msg=str(failure)))
    except OSError as error:
        module.fail_json(**dict(result(done), msg=f"{error}; run again, it goes on from there"))
    if requests:
        module.exit_json(changed=False, certificate_requests=requests)
    module.exit_json(**result(done))


if __name__ == "__main__":
    main()
