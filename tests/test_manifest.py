"""What the house says it consists of is what is there: systems, kernel packages, commands, lists, pages of documentation."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps

from docs.lists import policies_page, policy_files, refusals_page
from kangqu.kernel.basis.checks import all_checks
from kangqu.kernel.basis.refusals import all_refusals
from kangqu.kernel.rules.policy import load_policies
from kangqu.site.cli import command_line
from kangqu.site.systems import SYSTEMS
from kangqu.site.whole import import_everything

ROOT = Path(__file__).resolve().parent.parent
KERNEL = (
    "basis",
    "rules",
    "trace",
    "policies",
    "places",
    "people",
    "access",
    "notices",
    "certificates",
    "capacity",
    "cases",
)


@pytest.fixture(scope="module", autouse=True)
def _everything():
    import_everything()


def test_what_is_installed_is_what_is_there():
    folders = {f"kangqu.systems.{each.parent.name}" for each in (ROOT / "kangqu" / "systems").glob("*/__init__.py")}
    assert folders == set(SYSTEMS)
    assert len(SYSTEMS) == len(set(SYSTEMS))


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_system_says_what_it_is_and_has_its_page(system):
    name = system.rpartition(".")[2]
    assert (ROOT / "kangqu" / "systems" / name / "definition.py").exists(), f"{name} has no definition.py"
    assert (ROOT / "docs" / "systems" / f"{name}.md").exists(), f"write docs/systems/{name}.md"


@pytest.mark.slow
def test_every_page_of_a_system_has_its_system():
    pages = {each.stem for each in (ROOT / "docs" / "systems").glob("*.md")} - {"README"}
    assert pages == {system.rpartition(".")[2] for system in SYSTEMS}


def test_the_kernel_is_the_one_of_the_layers():
    folders = {each.parent.name for each in (ROOT / "kangqu" / "kernel").glob("*/__init__.py")}
    assert folders == set(KERNEL)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    (kernel,) = (each for each in contracts if each.get("containers") == ["kangqu.kernel"])
    assert list(reversed(kernel["layers"])) == list(KERNEL)


def test_an_app_with_tables_has_migrations():
    for app in apps.get_app_configs():
        if app.name.startswith("kangqu.") and list(app.get_models()):
            assert (Path(app.path) / "migrations" / "__init__.py").exists(), app.name


def test_the_commands_of_the_readmes_exist():
    commands = {each.name or each.callback.__name__ for each in command_line().registered_commands if each.callback}
    commands |= {each.name for each in command_line().registered_groups if each.name}
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in ("README.md", "README.en.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert {"demo", "test"} <= set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets, name
        assert set(re.findall(r"`kangqu ([a-z-]+)", text)) <= commands, name


@pytest.mark.slow
def test_every_link_of_the_documentation_leads_somewhere():
    broken = []
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http:", "https:", "mailto:")) and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken


def test_decisions_have_numbers_of_their_own():
    numbers = [each.name[:4] for each in (ROOT / "docs" / "decisions").glob("*.md") if each.name != "README.md"]
    assert all(number.isdigit() for number in numbers)
    assert len(numbers) == len(set(numbers)), sorted(numbers)


def test_a_refusal_speaks_two_languages_and_asks_for_the_same_facts_in_both():
    for each in all_refusals().values():
        assert re.search(r"[\u4e00-\u9fff]", each.zh), each.code
        assert not re.search(r"[\u4e00-\u9fff]", each.en), each.code
        assert each.zh.rstrip().endswith(("。", "？", "！", "}", "）")), f"{each.code} {each.zh}"
        assert set(re.findall(r"\{(\w+)", each.zh)) == set(re.findall(r"\{(\w+)", each.en)), each.code
        assert 400 <= each.status < 600, each.code


@pytest.mark.slow
def test_the_list_of_refusals_is_current():
    assert (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8") == refusals_page(), "run python -m docs.lists"


@pytest.mark.slow
def test_the_list_of_policies_is_current():
    assert (ROOT / "docs" / "policies.md").read_text(encoding="utf-8") == policies_page(), "run python -m docs.lists"


def test_every_policy_can_be_read_and_is_named_after_its_package():
    for file in policy_files():
        package = ".".join(file.parent.relative_to(ROOT).parts)
        for policy in load_policies(package).all_versions():
            assert policy.id.count(".") >= 1, policy.id
            assert policy.source.document, policy.id


def test_every_check_says_what_holds():
    checks = all_checks()
    assert {"trace.rows", "trace.chain", "house.migrations", "house.jobs"} <= set(checks)
    for name, (title, _) in checks.items():
        assert re.fullmatch(r"[a-z]+(\.[a-z_]+)+", name), name
        assert title.endswith("."), name


def test_every_decision_is_in_the_list():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\]\((\d{4}-[^)]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in folder.glob("[0-9]*.md"))
