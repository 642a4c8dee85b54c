#!/usr/bin/python
# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificate_authority
short_description: Replace the deployment's certificate authority while both are trusted
version_added: 0.1.0
author:
  - The selfhosted.monitoring contributors (@selfhosted)
description:
  - Three steps lead from one authority to the next. Between them all hosts must be brought to their declared state, for
    hosts only ever accept certificates of authorities that they have been told of. The playbook
    C(selfhosted.monitoring.rotate_authority) does the whole.
  - Each step can be taken again, and changes nothing if it was taken. A process killed at any point leaves files that
    fit together, and the next run goes on from there.
  - The directory holds C(ca.pem) and C(ca.key), and during a rollover C(next.key) (until the next authority signs) and
    C(retiring.pem) (the certificate that is to go). Further authorities in C(ca.pem) stay as they are.
options:
  authority:
    description:
      - "The authority, as in O(selfhosted.monitoring.component#module:certificates[].authority): C({kind: deployment,
        directory: PATH}). The key of any other kind is not here, and a task for it fails and says what to do instead."
      - The next authority lasts C(authority_days) days (3650). It has the C(common_name) (C(monitoring authority)) and
        a number that makes it unique, because ZooKeeper trusts one certificate a subject only.
    type: dict
    required: true
  step:
    description:
      - V(introduce) makes C(next.key) and puts its certificate beside the present one in C(ca.pem). The present one
        goes on signing. Nothing changes if that is done, or if the step after it is.
      - V(switch) puts C(next.key) in the place of C(ca.key). The former key is gone with that, and the former authority
        is still trusted. Nothing changes without a C(next.key).
      - V(retire) takes the former certificate out of C(ca.pem). It is refused while there is a C(next.key).
    type: str
    required: true
    choices: [introduce, switch, retire]
attributes:
  action:
    support: full
    description: Everything is done on the controller, nothing on the host. One host is enough (C(run_once)).
  check_mode:
    support: full
    description: Nothing is made or written. As the steps build on each other, it tells of the next one only.
  diff_mode:
    support: full
    description: The trusted authorities by name, and what each is there for; never a key.
  platform:
    support: full
    platforms: posix
    description: The controller, with Python's cryptography.
seealso:
  - module: selfhosted.monitoring.component
"""

EXAMPLES = r"""
- name: The next authority is trusted beside the present one
  selfhosted.monitoring.certificate_authority:
    authority: "{{ certificate_authority }}"
    step: introduce
  run_once: true
"""

RETURN = r"""
signs:
  description: The subject of the authority that signs.
  returned: success
  type: str
  sample: CN=monitoring authority
trusted:
  description: The subjects of all trusted authorities, in the order of C(ca.pem).
  returned: success
  type: list
  elements: str
  sample: [CN=monitoring authority, CN=monitoring authority 2]
"""
