"""Hosts whose workers can load a module into their page and display objects: JupyterLite, marimo, PyScript.

A host makes the page load the module at a URL once, and returns a function that removes the traces.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Host = Callable[[str], Callable[[], None]]


def find_host() -> Host | None:
    """The host of this worker; None if it is not one of the above."""
    marimo: Any = sys.modules.get("marimo")
    if marimo is not None and marimo.running_in_notebook():
        return _marimo
    if "pyodide_kernel" in sys.modules:
        return _jupyterlite
    # Without cross-origin isolation, PyScript's worker has a window that refuses all access.
    window = getattr(sys.modules.get("pyscript"), "window", None)
    return _pyscript if hasattr(window, "document") else None


def show(thing: object) -> bool:
    """Display the object in the output of the running cell; False if the host has no such output."""
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

    # (The URL consists of letters, digits and a few punctuation marks, so it needs no escaping.)
    handle = display(Javascript(f'import("{address}").catch(() => {{}})'), display_id=True)
    # A single output cannot be removed, but it can be emptied.
    return lambda: handle.update({}, raw=True)


def way_of_marimo(address: str) -> str | None:
    """HTML that makes the page load the module, for the result of a cell: marimo does not show output that is
    added after the cell has ended. None in other hosts."""
    if find_host() is not _marimo:
        return None
    # marimo runs the scripts of an output only in a frame of the same origin. The script loads the module
    # into the page that contains the frame, because the module would vanish together with the frame.
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
        except ImportError:  # it is not public; the public function clears the whole output of this cell
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
