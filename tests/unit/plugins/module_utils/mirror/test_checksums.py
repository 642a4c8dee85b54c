import yaml
from ansible_collections.selfhosted.monitoring.plugins.module_utils.mirror.checksums import (
    format_checksums,
    format_sums,
    parse_checksums,
    parse_sha512,
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


def test_apaches_sha512_files_are_read_in_both_their_forms() -> None:
    sha512 = "0123456789abcdef" * 8
    groups = [sha512[start : start + 8].upper() for start in range(0, 128, 8)]
    by_gpg = f"kafka_2.13-3.9.2.tgz: {' '.join(groups[:8])}\n{' ' * 22}{' '.join(groups[8:])}\n"
    assert parse_sha512(by_gpg) == sha512
    assert parse_sha512(f"{sha512}  apache-zookeeper-3.9.5-bin.tar.gz\n") == sha512
    assert parse_sha512("<html>not found</html>") is None
