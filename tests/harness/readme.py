"""The files and commands that README.md states, so that tests can follow them to the letter."""

from __future__ import annotations

import re

from harness.places import ROOT
from harness.release import SERVER

#: Other tests use the port of the stated server.
STATED_SERVER = "python3 -m http.server --bind 127.0.0.1 8000"
STATED_ADDRESS = "http://localhost:8000"

_FILE = re.compile(r"^`([\w.-]+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)


def section(title: str) -> str:
    """The text below a heading, up to the next heading."""
    lines, is_inside, is_fenced = [], False, False
    for line in (ROOT / "README.md").read_text().splitlines(keepends=True):
        is_fenced ^= line.startswith("```")
        if line.startswith("#") and not is_fenced:
            is_inside = line.strip("# \n") == title
        elif is_inside:
            lines.append(line)
    return "".join(lines)


def files(title: str) -> dict[str, str]:
    """The files of a section: blocks of code, each after the file's name."""
    return dict(_FILE.findall(section(title)))


def blocks(title: str, language: str) -> list[str]:
    """The blocks of code in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)


def commands(title: str) -> str:
    """The commands of a section, as one script."""
    [script] = blocks(title, "sh")
    return script


def with_free_port(script: str) -> str:
    """The script, whose last command starts the server, with another port."""
    assert script.endswith((STATED_SERVER, f"{STATED_SERVER}\n")), script
    return script.replace(STATED_SERVER, f"exec {SERVER}")
