# Copyright (c) 2026, the selfhosted.monitoring contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a program, in words for the operator."""

from __future__ import annotations


class Failure(Exception):  # noqa: N818 - the name the collection's modules use too
    """What is wrong and, where it can be said, what to do about it: one line."""
