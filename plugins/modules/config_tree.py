#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_tree
short_description: Bring a whole configuration directory live at once, if its checker accepts it
version_added: 0.1.0
author:
  - The selfhosted.monitoring contributors (@selfhosted)
description:
  - Renders a directory of templates on the controller, stages the whole tree on the host, has it validated, and
    promotes it in one rename. Readers see the old tree or the new one, never a mixture, even if the process is killed.
  - O(dest) is a link to the live tree. A file that is not declared is not there; a file edited by hand is shown in the
    diff and restored. The tree before is kept beside the live one.
options:
  dest:
    description: Where the tree is to be seen. It becomes a link into a hidden directory beside it.
    type: path
    required: true
  templates:
    description:
      - A directory on the controller, relative to the role's or playbook's C(templates).
      - C(NAME.j2) is rendered to C(NAME), C(_NAME.j2) is for other templates to include, any other file is taken as
        it is.
    type: path
  files:
    description:
      - Further files, by their path in the tree. A value is text, or (for C(.json) and C(.yml) files) data, or a
        mapping with C(content) and, if wanted, C(mode), C(owner), C(group) and C(secret).
    type: dict
    default: {}
  owner:
    description: Owner of the files and directories.
    type: str
    default: root
  group:
    description: Group of the files and directories.
    type: str
    default: root
  mode:
    description: Mode of files, as an octal string.
    type: raw
    default: "0644"
  directory_mode:
    description: Mode of directories, as an octal string.
    type: raw
    default: "0755"
  rules:
    description: Maps patterns of paths to a mapping of C(mode), C(owner), C(group) and C(secret); later patterns win.
    type: dict
    default: {}
  secret:
    description: Patterns of paths whose content is never shown.
    type: list
    elements: str
    default: []
  validate:
    description:
      - The checker, as a list of arguments, or a list of such lists. C({tree}) stands for the staged tree.
    type: list
    elements: raw
    default: []
  adopt:
    description:
      - Take over a directory that stands at O(dest); it is exchanged with the link in one step and kept beside it.
      - Otherwise such a directory is refused.
    type: bool
    default: false
  secrets:
    description: Values to mask wherever they occur in what this module says.
    type: list
    elements: str
  payload:
    description: What the action plugin rendered. Not for playbooks.
    type: str
attributes:
  action:
    support: full
    description: Templates are rendered on the controller.
  check_mode:
    support: full
    description: Validates in a temporary directory if the checker is on the host, and says so if it is not.
  diff_mode:
    support: full
    description: Shows every file that is new, changed or removed; secret ones only by name.
  platform:
    support: full
    platforms: posix
    description: Linux hosts with Python 3.9 or newer.
seealso:
  - module: selfhosted.monitoring.component
"""

EXAMPLES = r"""
- name: HAProxy's configuration is live
  selfhosted.monitoring.config_tree:
    dest: /etc/haproxy
    templates: haproxy
    files:
      certificates/site.pem: {content: "{{ site_certificate }}", mode: "0600", secret: true}
    validate: [haproxy, -c, -f, "{tree}/haproxy.cfg"]
    adopt: true
  become: true
  notify: Reload HAProxy
"""

RETURN = r"""
generation:
  description: The name of the live generation; in check mode of the one before.
  returned: success
  type: str
  sample: 000003-0f37b604adcc
not_validated:
  description: In check mode, why the tree could not be validated ("" if it was).
  returned: success
  type: str
  sample: haproxy is not on the host yet
"""

import json
import shutil
import tempfile
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import adoption, tree, validation
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.config_tree_arguments import (
    module_arguments,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.generations import Generations
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.tree import Tree, TreeFile
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.validation import (
    MissingPlaceError,
    Places,
)
from ansible_collections.selfhosted.monitoring.plugins.module_utils.difference import Difference
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure, full_disk_named
from ansible_collections.selfhosted.monitoring.plugins.module_utils.locking import held

Commands = tuple[tuple[str, ...], ...]


def bring(dest: Path, wanted: Tree, validate: Commands, adopt: bool, check: bool) -> dict[str, Any]:
    """Make ``wanted`` the tree seen at ``dest`` and return the module's result."""
    generations = Generations(dest.parent / f".{dest.name}.generations", dest)
    foreign = dest.exists() and not dest.is_symlink()
    if foreign and not (adopt and dest.is_dir()):
        raise Failure(f"{dest} is there and was not made by config_tree; set adopt: true to take the directory over")
    if dest.is_symlink() and not str(dest.readlink()).startswith(generations.store.name):
        raise Failure(f"{dest} is a link to {dest.readlink()}, which config_tree did not make; move it away")
    live = dest if foreign else generations.current()
    difference = Difference(str(dest), tuple(tree.compare(wanted, live)))
    if live is None and not difference.changed:
        raise Failure(f"no files are declared for {dest}")
    answer = {"changed": difference.changed, "diff": difference.as_diff(), "not_validated": ""}
    if difference.changed and check:
        answer["not_validated"] = _validate_aside(wanted, validate)
    elif difference.changed:
        dest.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        with held(dest.with_name(f".{dest.name}.lock"), str(dest)), full_disk_named(dest.parent):
            generation = _build(generations, wanted, validate)
            previous = generations.current()
            if foreign:
                adoption.adopt(generations, generation)
            else:
                generations.promote(generation)
            kept = {generation.name} | ({previous.name} if previous else set())
            if len(kept) == 1 and foreign:
                kept.add(generations.sealed()[0].name)
            generations.prune(kept)
    current = generations.current()
    return {**answer, "generation": current.name if current else ""}


def _build(generations: Generations, wanted: Tree, validate: Commands) -> Path:
    staging = generations.stage()
    adoption.keep_adopted(generations)
    try:
        tree.write(wanted, staging)
        validation.validate(validate, Places(staging, None))
        return generations.seal(staging, wanted.digest())
    except MissingPlaceError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise Failure(f"the tree cannot be checked: {error} is not there; nothing was changed") from error
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _validate_aside(wanted: Tree, validate: Commands) -> str:
    with tempfile.TemporaryDirectory(prefix="config_tree-") as directory:
        staging = Path(directory) / "tree"
        staging.mkdir()
        tree.write(wanted, staging, strict=False)
        try:
            validation.validate(validate, Places(staging, None))
        except MissingPlaceError as error:
            return f"{error} is not on the host yet"
    return ""


def main() -> None:
    """Run on the host."""
    module = AnsibleModule(argument_spec=module_arguments(), supports_check_mode=True)
    module.no_log_values.update(value for value in module.params["secrets"] or [] if value)
    if not module.params["payload"]:
        module.fail_json(msg="this module runs by the action plugin of its name, which renders what it is sent")
    sent = json.loads(zlib.decompress(b64decode(module.params["payload"])))
    try:
        files = tuple(TreeFile.from_payload(file) for file in sent["files"])
        wanted = Tree(files, sent["owner"], sent["group"], sent["directory_mode"])
        validate = tuple(tuple(argv) for argv in sent["validate"])
        answer = bring(Path(module.params["dest"]), wanted, validate, module.params["adopt"], module.check_mode)
    except Failure as failure:
        module.fail_json(msg=str(failure))
    except OSError as error:
        module.fail_json(msg=f"{error}; run again, it goes on from there")
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
