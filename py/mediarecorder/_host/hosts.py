"""Hosts whose workers can bring a module into their page, and what they show: JupyterLite, marimo, PyScript.

A host has the page load a module's address, once, and returns what takes away the rest of that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Host = Callable[[str], Callable[[], None]]


def find_host() -> Host | None:
    """The host of this worker; None if it is none of those above."""
    marimo: Any = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        return _marimo
    if "pyodide_kernel" in sys.modules:
        return _jupyterlite
    # Without cross-origin isolation PyScript's worker has a window that refuses everything.
    window = getattr(sys.modules.get("pyscript"), "window", None)
    return _pyscript if hasattr(window, "document") else None


def show(thing: object) -> bool:
    """Display it where the output of the running cell is; False where there is no such place."""
    marimo: Any = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        marimo.output.append(thing)
        return True
    ipython: Any = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        from IPython.display import display

        display(thing)
        return True
    pyscript: Any = sys.modules.get("pyscript")
    if hasattr(getattr(pyscript, "window", None), "document"):
        pyscript.display(thing)
        return True
    return False


def _jupyterlite(address: str) -> Callable[[], None]:
    from IPython.display import Javascript, display

    # (An address consists of letters, digits and a few signs.)
    handle = display(Javascript(f'import("{address}").catch(() => {{}})'), display_id=True)
    # An output cannot be taken out alone, but emptied.
    return lambda: handle.update({}, raw=True)


def way_of_marimo(address: str) -> str | None:
    """HTML that has the page load it, for the result of a cell: what marimo is told after the cell is not
    shown. None in other hosts."""
    if find_host() is not _marimo:
        return None
    # marimo runs a script of an output only in a frame, which is of the same origin. The module belongs into
    # the page around it: with the frame it would be gone.
    script = (
        "const script = parent.document.createElement('script');"
        f"script.type = 'module'; script.src = '{address}';"
        "parent.document.head.append(script); script.remove();"
    )
    return f'<iframe hidden srcdoc="<script>{script}</script>"></iframe>'


def _marimo(address: str) -> Callable[[], None]:
    import marimo

    frame = marimo.Html(way_of_marimo(address))
    marimo.output.append(frame)

    def remove() -> None:
        try:
            from marimo._runtime.output._output import remove
        except ImportError:  # it is not public; what is takes away the whole output of this cell
            marimo.output.clear()
        else:
            remove(frame)

    return remove


def _pyscript(address: str) -> Callable[[], None]:
    import pyscript

    document = pyscript.window.document
    script = document.createElement("script")
    script.type, script.src = "module", address
    document.head.append(script)
    return lambda: script.remove()
