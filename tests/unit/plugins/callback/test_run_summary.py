from ansible_collections.selfhosted.monitoring.plugins.callback.run_summary import (
    WITHOUT_ROLE,
    Timing,
    report,
    spread,
)


def timing_of_two_roles() -> Timing:
    timing = Timing(started=0.0)
    timing.begin("host", "Host is as declared", 0.0)
    timing.tasks["host", "a"] += 1
    timing.tasks["host", "b"] += 1
    timing.begin("exporters", "Exporters are as declared", 1.5)
    timing.tasks["exporters", "a"] += 1
    timing.begin(WITHOUT_ROLE, "Names are in DNS", 5.0)
    timing.tasks[WITHOUT_ROLE, "a"] += 1
    timing.end(5.5)
    return timing


def test_time_of_a_task_ends_where_the_next_begins() -> None:
    roles = timing_of_two_roles().roles()
    assert {role: figures["seconds"] for role, figures in roles.items()} == {
        "exporters": 3.5,
        "host": 1.5,
        WITHOUT_ROLE: 0.5,
    }


def test_tasks_are_counted_for_each_host() -> None:
    assert timing_of_two_roles().hosts() == {"a": 3, "b": 1}


def test_same_task_of_two_plays_is_added_up() -> None:
    timing = timing_of_two_roles()
    timing.begin("host", "Host is as declared", 6.0)
    timing.end(7.0)
    assert timing.roles()["host"]["seconds"] == 2.5


def test_hosts_that_did_not_finish_come_first() -> None:
    timing = timing_of_two_roles()
    timing.troubled["b"] = "unreachable at: Exporters are as declared"
    assert report(timing, 5.5, 0)[0] == "not finished: b: unreachable at: Exporters are as declared"


def test_slowest_tasks_are_as_many_as_asked_for() -> None:
    lines = report(timing_of_two_roles(), 5.5, 1)
    assert lines[lines.index("slowest tasks") + 1 :] == ["     3.5 s  Exporters are as declared (exporters)"]


def test_hosts_with_the_same_number_of_tasks_are_counted_together() -> None:
    assert spread({"a": 4, "b": 4, "c": 5}) == "4 tasks on 2 hosts, 5 on 1 host (c)"


def test_run_without_hosts_is_reported_too() -> None:
    assert report(Timing(started=0.0), 0.1, 5) == ["0 hosts in 0.1 s: no task ran"]
