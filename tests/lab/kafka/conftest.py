"""These tests own the second region's cluster (the only one's, where there is one region)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.kafka.cluster import Cluster
from tests.lab.running_lab import Lab


@pytest.fixture
def cluster(lab: Lab) -> Iterator[Cluster]:
    """The cluster, whole before and after."""
    regions = list(lab.refresh()["regions"])
    cluster = Cluster(lab, regions[1] if regions[1:] else regions[0])
    cluster.await_whole()
    yield cluster
    cluster.await_whole()
