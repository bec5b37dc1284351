"""Copies python-sounddevice into the package: sounddevice_module.py <folder of its wheel> <folder for it>

The package contains the module `sounddevice` itself, from PyPI (requirements-desktop.txt pins it), because
`mediarecorder._desktop.portaudio` has the functions that it calls. Of each docstring only the first line is
left, because a page transfers the whole wheel.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from zipfile import ZipFile


def shortened(source: str) -> str:
    """The module without comments, and with the first lines of its docstrings; its licence stays."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and (
            text := ast.get_docstring(node)
        ):
            node.body[0] = ast.Expr(ast.Constant(text.splitlines()[0]))
    lines = source.splitlines()
    licence = lines[: next(number for number, line in enumerate(lines) if not line.startswith("#"))]
    return "\n".join([*licence, "", ast.unparse(tree), ""])


def main(wheels: str, folder: str) -> None:
    [path] = Path(wheels).glob("sounddevice-*.whl")
    with ZipFile(path) as wheel:
        source = wheel.read("sounddevice.py").decode()
    Path(folder).mkdir(exist_ok=True)
    said = f"# {path.name}, shortened by tools/sounddevice_module.py\n#\n"
    (Path(folder) / "sounddevice.py").write_text(said + shortened(source))


if __name__ == "__main__":
    main(*sys.argv[1:])
