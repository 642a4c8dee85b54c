from pathlib import Path

import yaml

from scripts.role_readme import readmes, render

ROOT = Path(__file__).resolve().parents[3]


def test_readmes_are_in_step_with_the_argument_specs() -> None:
    stale = [str(path) for path, text in readmes(ROOT).items() if not path.exists() or path.read_text() != text]
    assert not stale, f"run python -m scripts.role_readme: {stale}"


def test_every_default_is_declared_with_the_same_value() -> None:
    for defaults_file in ROOT.glob("roles/*/defaults/main.yml"):
        spec_file = defaults_file.parents[1] / "meta" / "argument_specs.yml"
        entry_points = yaml.safe_load(spec_file.read_text())["argument_specs"].values()
        options = {name: option for spec in entry_points for name, option in (spec.get("options") or {}).items()}
        for name, value in yaml.safe_load(defaults_file.read_text()).items():
            assert name in options, f"{name} of {defaults_file} is not in its argument specs"
            templated = isinstance(value, str) and "{{" in value
            assert templated or options[name].get("default") == value, (
                f"{name} has another default in its argument specs"
            )


def test_required_variables_and_choices_are_shown() -> None:
    text = render(
        "a.b.c",
        {
            "main": {
                "short_description": "Something is there",
                "options": {
                    "c_zone": {"type": "str", "required": True, "description": "The C(zone)."},
                    "c_live": {
                        "type": "str",
                        "default": "restart",
                        "choices": ["restart", "defer"],
                        "description": "How.",
                    },
                },
            }
        },
    )
    assert "| `c_zone` | str | required | The `zone`. |" in text
    assert "| `c_live` | str | `restart` | How. One of `restart`, `defer`. |" in text
