"""Runs a visitor's code in the page's own interpreter, in a fresh namespace each time."""

from __future__ import annotations

import ast
import asyncio
import traceback
from typing import TYPE_CHECKING, Any

from pyodide.code import eval_code_async

if TYPE_CHECKING:
    from collections.abc import Callable


def needs(code: str, name: str) -> bool:
    """Whether the code uses this name, or contains it if it is no Python.

    >>> needs("print(take)", "take"), needs("take_photo()  # take one", "take"), needs("if take:", "take")
    (True, False, True)
    """
    try:
        nodes = ast.walk(ast.parse(code))
    except SyntaxError:
        return name in code
    return any(isinstance(node, ast.Name) and node.id == name for node in nodes)


async def run(code: str, name: str, given: dict[str, Any], write: Callable[[str], None]) -> None:
    """Run code with the names in `given`, which may await, and write its result or its error.

    The error looks like Python's own, from the code's own line on, with `name` as the file.
    """
    try:
        result = await eval_code_async(code, {"__name__": "__main__", **given}, filename=name)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # SystemExit too, because from a task it would end the page's own loop
        write(own_traceback(error, name))
    else:
        if result is not None:
            write(f"{result!r}\n")


def own_traceback(error: BaseException, name: str) -> str:
    """The traceback without the frames before the file of this name."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != name:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))
