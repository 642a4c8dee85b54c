# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the Kafka modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """How a cluster is reached."""

    DOCUMENTATION = r"""
options:
  bootstrap_servers:
    description: Brokers by which the cluster is reached, each C(host:port). Those that are down are passed over.
    type: list
    elements: str
    required: true
  username:
    description: User that logs in. It needs the rights of what the module does; super users have them.
    type: str
    required: true
  password:
    description: The user's password.
    type: str
    required: true
  mechanism:
    description: SASL mechanism of the login.
    type: str
    choices: [SCRAM-SHA-512, SCRAM-SHA-256]
    default: SCRAM-SHA-512
  ca:
    description:
      - File with the certificates of the authorities that the brokers' certificates are checked against.
      - Without it the system's authorities count.
    type: path
  security_protocol:
    description: Whether the connection is encrypted.
    type: str
    choices: [SASL_SSL, SASL_PLAINTEXT]
    default: SASL_SSL
  timeout:
    description: Seconds that brokers may take to answer, and what was changed to take hold.
    type: int
    default: 30
requirements:
  - confluent-kafka >= 2.4 for the Python that runs the module. On this collection's hosts the agents' archive has it,
    by C(ansible_python_interpreter=/opt/monitoring/agents/current/archive/bin/python).
"""
