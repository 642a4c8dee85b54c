"""Long repetitions on the running lab: `make drill`. Fixtures are those of the lab's tests."""

from tests.lab.conftest import lab, ready, scratch  # noqa: F401
