# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take a component away. What it wrote itself (its data) stays, for it is the user's."""

from __future__ import annotations

import shutil

from ansible_collections.selfhosted.monitoring.plugins.module_utils import atomic
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import activation, live
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.activation import ServiceManager
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.generations import Generations
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.transaction import Outcome
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import Tree, compare
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Change, Difference


def remove(layout: Layout, services: ServiceManager, check: bool) -> Outcome:
    """Stop, disable and remove the component below ``layout``; in check mode only say so."""
    now = live.observe(layout, services)
    changes: list[Change] = []
    if now.generation is not None or layout.home.exists():
        changes.append(Change("component", f"{layout.home}\n", None))
        found = compare(Tree(()), now.tree) if now.tree else []
        changes += [change for change in found if change.after is None]
    outcome = Outcome(layout.name, Difference(layout.name, tuple(changes)), changed=bool(changes))
    if check or not changes:
        return outcome
    activation.deactivate(layout, services, now.manifest)
    Generations(layout.generations, layout.current).withdraw()
    atomic.step(f"remove {layout.home}")
    shutil.rmtree(layout.home)
    return outcome
