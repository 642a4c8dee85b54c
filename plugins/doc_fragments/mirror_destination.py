# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the mirror modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """The destination of a mirror."""

    DOCUMENTATION = r"""
options:
  destination:
    description:
      - Where the mirror is published.
      - A directory by its whole path (C(/srv/mirror)), a bucket (C(s3://bucket/prefix)), a server that accepts
        HTTP PUT (C(https://server/path)), or a directory of another machine (C(ssh://user@host/directory)).
    type: str
    required: true
  cache:
    description: Directory of the machine that runs the module in which downloads are kept from run to run.
    type: path
    default: ~/.cache/selfhosted-monitoring/mirror
  s3:
    description: How the bucket of an C(s3://) destination is reached. What is left out comes from AWS's configuration.
    type: dict
    default: {}
    suboptions:
      profile:
        description: Profile of AWS's configuration files.
        type: str
      region:
        description: The bucket's region.
        type: str
      endpoint_url:
        description: URL of another S3 service than AWS's.
        type: str
      kms_key_id:
        description: KMS key that encrypts the objects; without one the bucket's own default holds.
        type: str
  http:
    description: How the server of an C(http://) or C(https://) destination is reached.
    type: dict
    default: {}
    suboptions:
      username:
        description: User for basic authentication.
        type: str
      password:
        description: Password for basic authentication.
        type: str
      ca_path:
        description: File with the certificates of the authorities that the server's certificate is checked against.
        type: path
      timeout:
        description: Seconds without an answer after which a request has failed.
        type: int
        default: 60
  ssh_arguments:
    description: Further arguments of C(ssh) for an C(ssh://) destination, such as C(-i) and a key.
    type: list
    elements: str
    default: []
"""
