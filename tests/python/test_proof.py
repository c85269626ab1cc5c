"""Only what was built by the project's own code and settings, and tested since, is published."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from iae.errors import IaeError
from small_project import MODELS, SmallProject

# SQL past dbt, the words of a command of dbt, or anything else.
Act = str | list[str] | Callable[[SmallProject], object]


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallProject, Path]:
    """The project after a full build, and a copy of it all."""
    project = SmallProject(tmp_path_factory.mktemp("small") / "project")
    project.write()
    project.dbt("build")
    saved = project.folder.with_name("saved")
    shutil.copytree(project.folder, saved)
    return project, saved


@pytest.fixture
def project(green: tuple[SmallProject, Path]) -> SmallProject:
    """The project as after its full build."""
    project, saved = green
    shutil.rmtree(project.folder)
    shutil.copytree(saved, project.folder)  # in the same place, so that dbt need not parse it all
    return project


def refusal(project: SmallProject) -> str:
    with pytest.raises(IaeError) as refused:
        project.publish()
    assert not project.published.exists()
    return str(refused.value)


def test_a_full_build_is_published_with_its_warnings(project: SmallProject) -> None:
    project.execute("create table marts.by_hand as select 1 as one")
    done = project.publish()
    assert done.rows == {"audit_builds": 1, "fct_people": 2, "fct_total": 1}
    assert done.warnings == ["The total is small: 1"]
    assert not project.publish().is_new


def test_parts_that_are_tested_are_published(project: SmallProject) -> None:
    project.put("models/intermediate/int_people.sql", MODELS["intermediate/int_people.sql"] + " ")
    project.dbt("build", "--select", "int_people+", "--threads", "1", "--vars", "{factor: 1}")
    project.publish()
    assert project.execute(
        "select command, selection, vars, status, warnings from marts.audit_builds "
        "order by started_at"
    ) == [
        ("dbt build", None, None, "green", []),
        (
            "dbt build --select int_people+",
            "--select int_people+",
            "{'factor': 1}",
            "green",
            ["The total is small: 1"],
        ),
    ]


def edit_the_seed(project: SmallProject) -> None:
    project.put("seeds/people.csv", "structure_type,nb\nACI,3\nEI,40\n")


def edit_a_model(project: SmallProject) -> None:
    sql = MODELS["intermediate/int_people.sql"].replace("nb as nb", "10 * nb as nb")
    project.put("models/intermediate/int_people.sql", sql)


def let_the_test_only_warn(project: SmallProject) -> None:
    text = (project.folder / "models/marts/_properties.yml").read_text()
    warns = "- not_null: {config: {severity: warn}}"
    assert "- not_null" in text
    project.put("models/marts/_properties.yml", text.replace("- not_null", warns))


def edit_a_macro(project: SmallProject) -> None:
    path = project.folder / "macros" / "describe_test.sql"
    path.write_text(path.read_text() + "\n")


def run_by_other_profiles(changes: dict[str, str]) -> Act:
    def act(project: SmallProject) -> None:
        profiles = (project.folder / "profiles.yml").read_text()
        for old, new in changes.items():
            assert old in profiles
            profiles = profiles.replace(old, new, 1)
        project.put("elsewhere/profiles.yml", profiles)
        elsewhere = str(project.folder / "elsewhere")
        project.dbt("build", "--select", "int_people+", "--profiles-dir", elsewhere)

    return act


def build_an_edited_copy(project: SmallProject) -> None:
    """On the same warehouse, with the project as the current folder."""
    copy = project.folder.with_name("a copy [1]")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(project.folder, copy, ignore=shutil.ignore_patterns("warehouse", "target"))
    edit_a_model(SmallProject(copy))
    project.dbt("build", "--project-dir", f"{copy}/")


def fail_with_other_vars_and_retry(project: SmallProject) -> None:
    project.execute("alter table reference.people rename to hidden")
    project.dbt("run", "--select", "int_people+", "--vars", "{factor: 2}", succeeds=False)
    project.execute("alter table reference.hidden rename to people")
    project.dbt("retry")


def kill_a_run(project: SmallProject) -> None:
    script = (
        "import os\n"
        "from dbt.cli.main import dbtRunner\n"
        "def stop(event):\n"
        "    if event.info.name == 'LogModelResult':\n"
        "        os._exit(9)\n"
        "dbtRunner(callbacks=[stop]).invoke(['run', '--select', 'fct_people'])\n"
    )
    done = project.run([sys.executable, "-c", script])
    assert done.returncode == 9, done.stdout


UNTESTED = "has not run since: run dbt test."
FOREIGN = "is not the project's own setting"
EDITED = "has changed since dbt read it: run dbt build."
BY_HAND = "marts.fct_people was changed by something else than a build: run dbt build."

WAYS_ROUND: dict[str, tuple[list[Act], str]] = {
    "other variables": (
        [["build", "--select", "int_people+", "--vars", "{factor: 2}"]],
        "--vars '{factor: 2}' is not the project's own setting",
    ),
    "other variables, retried": ([fail_with_other_vars_and_retry], FOREIGN),
    "another target": (
        [run_by_other_profiles({"warehouse:\n": "other:\n", "target: warehouse": "target: other"})],
        "--target other " + FOREIGN,
    ),
    "another profile of the same name": (
        [run_by_other_profiles({"settings:\n": "settings:\n        integer_division: true\n"})],
        "--profiles-dir " + FOREIGN,
    ),
    "an edited copy of the project": (
        [build_an_edited_copy],
        f"models/intermediate/int_people.sql: {EDITED}",
    ),
    "no rows": ([["build", "--select", "int_people+", "--empty"]], "--empty " + FOREIGN),
    "relations of another place": (
        [["build", "--select", "int_people+", "--defer", "--state", "target"]],
        "--defer " + FOREIGN,
    ),
    "a part not tested": ([["run", "--select", "int_people+", "--full-refresh"]], UNTESTED),
    "tests left out": ([["build", "--exclude-resource-type", "test"]], UNTESTED),
    "unit tests left out": ([["build", "--exclude-resource-type", "unit_test"]], UNTESTED),
    "tests not selected": (
        [["build", "--select", "fct_total", "--indirect-selection", "empty"]],
        UNTESTED,
    ),
    "tests alone on another extract": (
        [lambda project: project.load(2), ["test"]],
        "Other extracts are current than those that ",
    ),
    "an edited seed": ([edit_the_seed], f"seeds/people.csv: {EDITED}"),
    "an edited seed and tests alone": (
        [edit_the_seed, ["test"]],
        "The code of reference.people has changed since it was built: run dbt build.",
    ),
    "an edited seed alone": (
        [edit_the_seed, ["seed"]],
        "reference.people was built again and intermediate.int_people, which reads it, was not: "
        "run dbt build.",
    ),
    "an edited model": ([edit_a_model], f"models/intermediate/int_people.sql: {EDITED}"),
    "an edited model partly built": (
        [edit_a_model, ["build", "--select", "int_people"]],
        "intermediate.int_people was built again and marts.fct_people, which reads it, was not: "
        "run dbt build.",
    ),
    "an edited macro partly built": (
        [edit_a_macro, ["build", "--select", "fct_people+"]],
        "The code of ",
    ),
    "a test made to warn": (
        [let_the_test_only_warn, ["test", "--select", "fct_total"]],
        'Test "not_null of fct_people.nb" has changed since it ran: run dbt test.',
    ),
    "a killed run": ([kill_a_run], "`dbt run --select fct_people` of "),
    "a table changed by hand": (["update marts.fct_people set nb = nb + 1"], BY_HAND),
    "a column renamed by hand": (["alter table marts.fct_people rename nb to other"], BY_HAND),
    "a table changed by hand and built on": (
        ["update intermediate.int_people set nb = 10 * nb", ["build", "--select", "fct_people+"]],
        "intermediate.int_people was changed by something else than a build: run dbt build.",
    ),
    "a view changed by hand": (
        [
            "create or replace view staging.stg_loader__contents as "
            "select 'a' as name, 'b' as contents"
        ],
        "was changed by something else than a build: run dbt build.",
    ),
    "a test that fails": (
        [
            "update marts.fct_people set nb = null",
            lambda project: project.dbt("test", succeeds=False),
        ],
        'Test "not_null of fct_people.nb" failed in `dbt test` of ',
    ),
    "a mart that is gone": (
        ["drop table marts.fct_people"],
        "Nothing is built here, or a table is gone: run dbt build.",
    ),
}


@pytest.mark.parametrize(("acts", "reason"), WAYS_ROUND.values(), ids=WAYS_ROUND)
def test_refuses(project: SmallProject, acts: list[Act], reason: str) -> None:
    for act in acts:
        if callable(act):
            act(project)
        elif isinstance(act, str):
            project.execute(act)
        else:
            project.dbt(*act)
    assert reason in refusal(project)


def test_away_from_the_project_goes_by_what_was_recorded(project: SmallProject) -> None:
    edit_a_model(project)
    assert project.prove(Path.home()).warnings == ["The total is small: 1"]
