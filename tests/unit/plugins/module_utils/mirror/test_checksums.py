import yaml
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.checksums import (
    format_checksums,
    format_sums,
    parse_checksums,
    parse_sums,
)

SUMS = {"b.tar.gz": "b" * 64, "a.tar.gz": "a" * 64}


def test_sums_have_the_form_that_sha256sum_reads() -> None:
    assert format_sums(SUMS) == f"{'a' * 64}  a.tar.gz\n{'b' * 64}  b.tar.gz\n"
    assert parse_sums(format_sums(SUMS)) == SUMS


def test_binary_marks_and_other_lines_of_upstreams_files_are_no_hindrance() -> None:
    assert parse_sums(f"# of a release\n{'a' * 64} *a.tar.gz\n") == {"a.tar.gz": "a" * 64}


def test_checksums_are_a_variables_file() -> None:
    for checksums in (SUMS, {}):
        assert yaml.safe_load(format_checksums(checksums)) == {"artifact_checksums": checksums}
        assert parse_checksums(format_checksums(checksums)) == checksums
