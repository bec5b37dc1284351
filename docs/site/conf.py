"""Configuration of Sphinx. tools/docs_site.py writes the pages that it reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "py"))

from mediarecorder import __version__  # noqa: E402

project = "mediarecorder"
copyright = "the mediarecorder authors"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 4

# The lexer of HTML takes PyScript's Python for JavaScript. It then shows that block with fewer colours.
suppress_warnings = ["misc.highlighting_failure"]

default_role = "py:obj"  # single backticks in docstrings name Python objects
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
napoleon_google_docstring = False
napoleon_use_ivar = True
python_maximum_signature_line_length = 80
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_title = f"mediarecorder {release}"
html_favicon = str(ROOT / "static" / "demo" / "icon.svg")
html_static_path = ["static"]
html_css_files = ["run.css"]
html_js_files = [("run.js", {"type": "module"})]
templates_path = ["templates"]
html_sidebars = {
    "**": [
        *("sidebar/brand.html", "sidebar/search.html", "sidebar/scroll-start.html"),
        *("sidebar/navigation.html", "sidebar/beside.html", "sidebar/scroll-end.html"),
    ]
}
html_copy_source = False
html_show_sourcelink = False

PROMPT = re.compile(r"^( *)(?:>>>|\.\.\.)(?: (.*))?$")
#: Examples of docstrings that cannot run in the page of the reference, and so get no Run button.
NOT_RUN = {
    "mix": "the user chooses a screen",
    "get_display_media": "the user chooses a screen",
    "crop_to": "it needs a shared tab",
    "restrict_to": "it needs a shared tab",
    "show_in": "the element is one of the reader's page",
}


def show_examples(app: Any, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Show the examples of a docstring as programs: without prompts, and with results as comments."""
    language = "py" if name.rpartition(".")[2] in NOT_RUN else "python"
    lines[:] = list(_programs(lines, language))


def _programs(lines: list[str], language: str) -> Iterator[str]:
    indent = None
    for line in lines:
        match = PROMPT.match(line)
        if match and indent is None:
            indent = match[1]
            yield from (f"{indent}.. code-block:: {language}", "")
        if indent is None:
            yield line
        elif match:
            yield f"{indent}   {match[2] or ''}"
        elif line.strip():
            yield f"{indent}   # {line.strip()}"
        else:
            indent = None
            yield ""


def without_fields(app: Any, what: str, name: str, thing: object, skip: bool, options: object) -> bool | None:
    """Leave out the fields of named tuples, which their class describes."""
    is_field = str(getattr(thing, "__doc__", "")).startswith("Alias for field number")
    return True if is_field else None


def setup(app: Any) -> None:
    app.connect("autodoc-process-docstring", show_examples, priority=400)  # before napoleon
    app.connect("autodoc-skip-member", without_fields)
