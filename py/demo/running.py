"""Runs a visitor's code in the page's own interpreter, in a fresh namespace each time."""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Any

from pyodide.code import eval_code_async

if TYPE_CHECKING:
    from collections.abc import Callable


async def run(code: str, name: str, given: dict[str, Any], write: Callable[[str], None]) -> None:
    """Run code that knows the names in `given`, and may await; its result or its error is written.

    The error is shown as Python shows it, from the code's own line on, under the file's `name`.
    """
    try:
        result = await eval_code_async(code, {"__name__": "__main__", **given}, filename=name)
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # SystemExit too: from a task it would end the page's own loop
        write(own_traceback(error, name))
    else:
        if result is not None:
            write(f"{result!r}\n")


def own_traceback(error: BaseException, name: str) -> str:
    """The traceback without the frames that lead to the file of this name."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != name:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames))
