"""The workflows of GitHub: what they may do, and that the commands which they run exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.places import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
every_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)


def jobs_of(path: Path) -> dict[str, str]:
    """The text of each job. (Only this test would need a package that reads YAML.)"""
    _, _, text = path.read_text().partition("\njobs:\n")
    parts = re.split(r"^  (\w+):\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def permissions_of(text: str) -> set[str]:
    [block] = re.findall(r"^( *)permissions:\n((?:\1  .+\n)+)", text, re.MULTILINE)
    return {line.partition("#")[0].strip() for line in block[1].splitlines()}


def test_both_workflows_are_checked():
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "release.yml"]


@every_workflow
def test_workflow_runs_only_existing_commands(path):
    commands = re.findall(r"run: (.+)", path.read_text())
    assert commands
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake (\w+)", " ".join(commands))) <= targets
    for command in commands:
        for name in re.findall(r"(?:^|\s)(\.?\w+/[\w./]+)", command):
            assert name.startswith("dist/") or (ROOT / name).exists(), command


@every_workflow
def test_actions_are_pinned_by_version(path):
    used = re.findall(r"uses: (\S+)", path.read_text())
    assert used
    own = {name for name in used if name.startswith("./")}
    assert all((ROOT / name).exists() for name in own)
    pinned = re.compile(r"[\w/-]+@v\d+(\.\d+\.\d+)?")
    loose = [name for name in used if name not in own and not pinned.fullmatch(name)]
    assert loose == []


@every_workflow
def test_workflow_has_least_permissions(path):
    head, _, _ = path.read_text().partition("\njobs:\n")
    assert re.search(r"^permissions:( \{\}|\n  contents: read)$", head, re.MULTILINE)
    jobs = jobs_of(path)
    may_write = {name for name, text in jobs.items() if ": write" in text}
    own_code = {name for name in may_write if "actions/checkout@" in jobs[name]}
    assert own_code == set()


@every_workflow
def test_no_checkout_keeps_a_token(path):
    text = path.read_text()
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")


def test_ci_runs_all_checks():
    assert "run: .ci/run" in jobs_of(WORKFLOWS[0])["check"]


def test_each_job_of_a_release_may_do_one_thing():
    jobs = jobs_of(WORKFLOWS[1])
    assert {name: permissions_of(text) for name, text in jobs.items()} == {
        "check": {"contents: read"},
        "build": {"contents: read"},
        "pypi": {"id-token: write"},
        "release": {"contents: write"},
        "sites": {"contents: read"},
        "pages": {"pages: write", "id-token: write"},
    }


def test_nothing_is_published_before_the_checks():
    jobs = jobs_of(WORKFLOWS[1])
    needs = {
        name: set(re.findall(r"\w+", *re.findall(r"needs: (.+)", text))) if "needs:" in text else set()
        for name, text in jobs.items()
    }

    def all_before(name: str) -> set[str]:
        return needs[name].union(*(all_before(before) for before in needs[name]))

    for name in ("pypi", "release", "pages"):
        assert "check" in all_before(name)


def test_release_uploads_the_files_of_make_dist():
    jobs = jobs_of(WORKFLOWS[1])
    assert "make dist" in jobs["build"]
    assert "REPOSITORY_URL: ${{ github.server_url }}/${{ github.repository }}" in jobs["build"]
    assert "make sites" in jobs["sites"]
