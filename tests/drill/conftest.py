"""Long repetitions on the running lab: `make drill`. Fixtures are those of the lab's tests."""

from tests.lab import conftest

scratch, lab, ready = conftest.scratch, conftest.lab, conftest.ready
