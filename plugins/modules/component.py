#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: component
short_description: Bring a component of a host to its declared state in one transaction
version_added: 0.1.0
author:
  - The selfhosted.monitoring contributors (@selfhosted)
description:
  - A component is an archive, a configuration tree, certificates and a systemd unit that belong together. This module
    brings all of it to the declared state in one round trip, or fails and leaves the state before running.
  - On the host, everything of a release is one generation directory below C(/opt/monitoring/NAME/generations), and the
    link C(/opt/monitoring/NAME/current) shows the live one. A change is staged, validated by the component's own
    checker, and promoted in one rename of that link. If the component does not become ready, the generation before
    comes back and the failure shows the last log lines.
  - C(/etc/monitoring/NAME) leads to the live configuration, data lies in C(/var/lib/monitoring/NAME).
  - A process killed at any point leaves the old or the new state; the next run finishes what is owed.
  - An unchanged run changes nothing and restarts nothing. A file edited by hand is shown in the diff and restored, a
    stopped unit is started.
options:
  name:
    description:
      - Names the directories, the unit and, with a unit, the system user. Required, unless O(components) is given.
    type: str
  state:
    description: With V(absent) all of it is taken away, except for the data and the user.
    type: str
    choices: [present, absent]
    default: present
  live:
    description:
      - V(apply) makes the change live, with a reload or restart where it needs one.
      - V(defer) leaves a running component alone if the change would restart it. Nothing is staged or changed, and
        RV(restart_pending) is true, so that a playbook can take such hosts zone by zone.
    type: str
    choices: [apply, defer]
    default: apply
  restart:
    description:
      - Restart the unit even if nothing differs. With O(live=defer) this, too, is only reported, so that a playbook
        can take such hosts zone by zone.
    type: bool
    default: false
  user:
    description:
      - The system user that the unit runs as; it is made if it is missing. Default is O(name), without a unit V(root).
    type: str
  packages:
    description:
      - Packages of the system that it stands on, a Java runtime for instance. Those that are missing are installed
        with C(ansible.builtin.apt) or C(ansible.builtin.dnf) before anything else happens; none is upgraded or removed.
    type: list
    elements: str
    default: []
  archive:
    description: The program.
    type: dict
    suboptions:
      name:
        description: Its name on mirrors and in patterns. Default is the component's name.
        type: str
      version:
        description: The version to have.
        type: str
        required: true
      sha256:
        description:
          - SHA-256 in hexadecimal, or a mapping of them by architecture (V(amd64), V(arm64)).
          - The variable C(artifact_checksums), a mapping from file name to checksum, goes before it. Without any the
            archive is refused.
        type: raw
      sha512:
        description:
          - SHA-512 in the same forms, for a release whose upstream publishes no SHA-256. O(archive.sha256) goes before
            it.
        type: raw
      file:
        description: The file's name, with the placeholders C({name}), C({version}) and C({arch}).
        type: str
        default: "{name}-{version}.linux-{arch}.tar.gz"
      upstream:
        description: The upstream URL, used if there are no mirrors; placeholders as in O(archive.file), and C({file}).
        type: str
      mirrors:
        description:
          - Base URLs (http, https or file), tried in order. An archive lies on a mirror as C(NAME/VERSION/FILE).
          - Default is the variable C(artifact_mirrors).
        type: list
        elements: str
      strip:
        description: How many leading directories of the archive to leave away.
        type: int
        default: 1
  uses:
    description:
      - Components of the same host, brought there by an earlier task, whose programs the unit or the probe runs from
        C(/opt/monitoring/NAME/current/archive). Another archive of theirs is a restart of this one.
    type: list
    elements: str
    default: []
  tree:
    description: The configuration. What is not declared is not there.
    type: dict
    suboptions:
      templates:
        description:
          - A directory on the controller, absolute or relative to the role's or playbook's C(templates).
          - C(NAME.j2) is rendered to C(NAME), C(_NAME.j2) is for other templates to include, any other file is taken
            as it is.
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
        description: Group of the files and directories. Default is the component's user's.
        type: str
      mode:
        description: Mode of files, as an octal string.
        type: raw
        default: "0640"
      directory_mode:
        description: Mode of directories, as an octal string.
        type: raw
        default: "0750"
      rules:
        description: Maps patterns of paths to a mapping of C(mode), C(owner), C(group) and C(secret); later ones win.
        type: dict
        default: {}
      secret:
        description: Patterns of paths whose content is never shown.
        type: list
        elements: str
        default: []
      validate:
        description:
          - The component's checker, as a list of arguments, or a list of such lists. C({tree}) stands for the staged
            tree, C({archive}) for the unpacked archive. A program without a path is looked for in the archive first.
        type: list
        elements: raw
        default: []
      restart_on:
        description: With O(unit.reload), patterns of paths for which a reload is not enough.
        type: list
        elements: str
        default: []
  certificates:
    description:
      - Certificates of this host. Key and request are made on the host, and only the request leaves it.
      - Below C(tls/) of the tree lie C(SERVICE.pem) (the chain), C(SERVICE.key) (PKCS#8), C(SERVICE-bundle.pem) (both),
        C(SERVICE-ca.pem) (the trusted authorities) and C(ca.pem) (those of the first certificate).
      - Renewed when less than a third of the life is left, or when names or the authority change, and every time for
        those services that the variable C(certificates_renew) lists.
    type: list
    elements: dict
    default: []
    suboptions:
      service:
        description: Names the files.
        type: str
        required: true
      sans:
        description:
          - DNS names and addresses. Default are the variable C(monitoring_names), or C(inventory_hostname), and
            C(ansible_host) if it is an address.
        type: list
        elements: str
      common_name:
        description: Common name of the subject. Default is the first name, if it has no more than 64 characters.
        type: str
      reload:
        description: Whether a reload (or the component itself) takes a new certificate up; otherwise it is restarted.
        type: bool
        default: false
      authority:
        description:
          - Who signs. Default is the variable C(certificate_authority).
          - "C({kind: deployment, directory: PATH, days: 90}): C(ca.pem) and C(ca.key) on the controller, made on first
            use. C(ca.pem) may hold further trusted authorities; the one that C(ca.key) belongs to signs."
          - "C({kind: command, command: [ARGUMENTS], ca: PATH}): the request on standard input, the chain on standard
            output."
          - "C({kind: directory, directory: PATH, ca: PATH}): requests are laid there as C(.csr), and the chains are
            awaited beside them as C(.pem)."
        type: dict
  unit:
    description: The systemd unit. It is hardened, unless O(unit.sections) says otherwise.
    type: dict
    suboptions:
      command:
        description: The program and its arguments. C({archive}), C({tree}) and C({data}) stand for the live paths.
        type: list
        elements: str
        required: true
      description:
        description: What C(systemctl status) shows.
        type: str
      limits:
        description: What it may use.
        type: dict
        suboptions:
          cpu:
            description: Cores.
            type: float
          memory:
            description: Memory as systemd writes it, like V(512M).
            type: str
          files:
            description: Open files. Default is 65536.
            type: int
          tasks:
            description: Processes and threads.
            type: int
      environment:
        description: Environment variables. They are visible to every user of the host, so no secrets.
        type: dict
        default: {}
      data:
        description:
          - V(true) for C(/var/lib/monitoring/NAME), or one or several absolute paths. They are made, belong to the
            user, and are all that the unit may write to.
        type: raw
        default: false
      capabilities:
        description: Capabilities that it keeps, like V(CAP_NET_BIND_SERVICE).
        type: list
        elements: str
        default: []
      jvm:
        description: Whether it is a Java program, which must be able to write the code it runs.
        type: bool
        default: false
      reload:
        description: How it reads its configuration again, a signal like V(HUP) or a list of arguments.
        type: raw
      sections:
        description: Settings by section and key, over the ones made here; a list repeats a key, V(null) removes it.
        type: dict
        default: {}
  links:
    description:
      - Maps paths of the host to paths in the tree, for what reads its configuration elsewhere. A path where something
        foreign stands is refused.
    type: dict
    default: {}
  apply:
    description:
      - Commands that make a changed tree live, as a list of arguments, or a list of such lists; for components
        without a unit of their own.
    type: list
    elements: raw
    default: []
  ready:
    description:
      - What must answer before the change counts. A mapping, or a list of them, with one of C(http), C(https)
        (a URL, C(HOST:PORT/PATH), or C(/PATH) and C(port)), C(tcp), C(tls) (C(HOST:PORT) or a port) and C(command)
        (arguments).
      - "Further keys: C(within) (seconds, 30), C(timeout) of one question (5), C(status) (200) and C(match), a regular
        expression for the answer; C(send) is what tls says first. For https and tls C(server_name), C(ca) and
        C(certificate); by default those of the first certificate."
      - Without it, a unit that stays up for a second is ready.
    type: raw
  components:
    description:
      - Several components, each a mapping of the options above, brought to their state in order and in the same round
        trip. Each is a transaction of its own; the first that fails ends it.
    type: list
    elements: dict
  secrets:
    description: Values to mask wherever they occur in diffs, log lines and messages.
    type: list
    elements: str
  payload:
    description: What the action plugin rendered. Not for playbooks.
    type: str
attributes:
  action:
    support: full
    description: Templates are rendered and certificates signed on the controller.
  check_mode:
    support: full
    description: >-
      Works on a fresh host and on a live one. Nothing is downloaded; the tree is validated if its checker is on the
      host already, otherwise RV(components) says why not.
  diff_mode:
    support: full
    description: One diff of everything; secret files and certificates only by name.
  platform:
    support: full
    platforms: posix
    description: Linux hosts with systemd 247 or newer and Python 3.9 or newer; openssl, if certificates are declared.
seealso:
  - module: selfhosted.monitoring.artifact
  - module: selfhosted.monitoring.config_tree
"""

EXAMPLES = r"""
- name: Alertmanager is as declared
  selfhosted.monitoring.component:
    name: alertmanager
    archive: {version: "{{ alertmanager_version }}", sha256: "{{ alertmanager_sha256 }}"}
    certificates: [{service: alertmanager, reload: true}]
    tree:
      templates: "{{ role_path }}/templates/etc"
      validate: [amtool, check-config, "{tree}/alertmanager.yml"]
    unit:
      command: ["{archive}/alertmanager", "--config.file={tree}/alertmanager.yml", "--storage.path={data}"]
      limits: {cpu: 0.5, memory: 512M}
      data: true
      reload: HUP
    ready: {https: /-/ready, port: 9093, within: 30}

- name: The journal is bounded
  selfhosted.monitoring.component:
    name: journald
    tree:
      files: {journald.conf: "[Journal]\nSystemMaxUse=1G\n"}
      mode: "0644"
      directory_mode: "0755"
    links: {/etc/systemd/journald.conf.d/50-monitoring.conf: journald.conf}
    apply: [systemctl, restart, systemd-journald]

- name: Exporters are as declared
  selfhosted.monitoring.component:
    components: "{{ exporters_components }}"
"""

RETURN = r"""
restart_pending:
  description: Whether O(live=defer) left a change for a restart.
  returned: always
  type: bool
  sample: false
components:
  description: What was done, by component; in check mode what would be.
  returned: always
  type: dict
  contains:
    changed:
      description: Whether anything changed.
      type: bool
      sample: true
    version:
      description: The version of its archive, "" without one.
      type: str
      sample: 0.31.1
    generation:
      description: The live generation; in check mode the one before.
      type: str
      sample: 000003-0f37b604adcc
    restarted:
      description: Whether its unit was restarted.
      type: bool
      sample: true
    reloaded:
      description: Whether its unit was reloaded.
      type: bool
      sample: false
    restart_pending:
      description: Whether O(live=defer) left its change for a restart.
      type: bool
      sample: false
    answers:
      description:
        - What the C(match) of its readiness probes found, one entry for each probe that has one. With
          RV(restart_pending), what the running component answers before its restart.
      type: list
      elements: str
      sample: ["Mode: leader"]
    not_validated:
      description: In check mode, why its tree could not be validated, "" if it was.
      type: str
      sample: archive 0.31.1 is not on the host yet, and check mode downloads nothing
"""

import contextlib
import platform
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import packages
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.arguments import module_arguments
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.declaration import Declaration, unpack
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.layout import Layout
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.systemd import Systemd
from ansible_collections.selfhosted.monitoring.plugins.module_utils.component.transaction import Outcome, Transaction
from ansible_collections.selfhosted.monitoring.plugins.module_utils.failures import Failure
from ansible_collections.selfhosted.monitoring.plugins.module_utils.locking import held


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
                from ansible_collections.selfhosted.monitoring.plugins.module_utils.component import (  # noqa: PLC0415 - seldom
                    removal,
                )

                done.append(removal.remove(transaction.layout, services, check))
            else:
                done.append(transaction.check() if check else transaction.apply())
    return []


def result(done: list[Outcome], failure: str = "") -> dict[str, Any]:
    """Return what the task reports; ``failure`` is what ended it early."""
    return {
        "changed": any(outcome.changed for outcome in done),
        "restart_pending": any(outcome.restart_pending for outcome in done),
        "diff": [entry for outcome in done for entry in outcome.difference.as_diff()],
        "msg": failure or "; ".join(outcome.message() for outcome in done),
        "components": {
            outcome.name: {
                "changed": outcome.changed,
                "version": outcome.version,
                "generation": outcome.generation,
                "restarted": outcome.restarted,
                "reloaded": outcome.reloaded,
                "restart_pending": outcome.restart_pending,
                "answers": list(outcome.answers),
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
        lacking = [name for one in declarations if one.present for name in packages.missing(one.packages)]
        if lacking and not module.check_mode:
            module.exit_json(changed=False, packages_wanted={"module": packages.installer(), "names": lacking})
        requests = bring(declarations, module.check_mode, done)
    except Failure as failure:
        module.fail_json(**result(done, str(failure)))
    except OSError as error:
        module.fail_json(**result(done, f"{error}; run again, it goes on from there"))
    if requests:
        module.exit_json(changed=False, certificate_requests=requests)
    module.exit_json(**result(done))


if __name__ == "__main__":
    main()
