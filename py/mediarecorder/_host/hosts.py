"""Hosts whose workers can load a module into their page and display objects: JupyterLite, marimo, stlite,
Panel, PyScript.

A host makes the page load the module at a URL once, and returns a function that removes the traces. It raises
RuntimeError if it can add nothing to the page now; the text says when it can.
"""

from __future__ import annotations

import functools
import itertools
import sys
from collections.abc import Callable
from typing import Any

Host = Callable[[str], Callable[[], None]]


def find_host() -> Host | None:
    """The host of this worker; None if it is not one of the above."""
    if _module("marimo", "running_in_notebook"):
        return _marimo
    if "pyodide_kernel" in sys.modules:
        return _jupyterlite
    if _streamlit_runs():
        return _streamlit
    if _panel_document() is not None:
        return _panel
    return _pyscript if _pyscript_has_a_document() else None


def show(thing: object) -> bool:
    """Display the object in the output of the running cell; False if the host has no such output."""
    if marimo := _module("marimo", "running_in_notebook"):
        marimo.output.append(thing)
    elif _module("IPython", "get_ipython"):
        from IPython.display import display

        display(thing)
    elif _pyscript_has_a_document():
        sys.modules["pyscript"].display(thing)
    else:
        return False
    return True


def running_cell() -> object:
    """What differs from one run of a notebook's cell to the next, if IPython runs it; or None."""
    ipython = _module("IPython", "get_ipython")
    return ipython and ipython.get_ipython().execution_count


def before_each_cell(act: Callable[[], None]) -> Callable[[], None]:
    """Call a function before each cell that IPython runs. The result ends it."""
    ipython = _module("IPython", "get_ipython")
    if not ipython:
        return lambda: None
    events, event = ipython.get_ipython().events, "pre_run_cell"

    def listener(info: object) -> None:
        act()

    events.register(event, listener)
    return lambda: events.unregister(event, listener)


def _module(name: str, runs: str) -> Any:
    """The module, if it is imported and its function `runs` returns something; or None."""
    module = sys.modules.get(name)
    return module if module is not None and getattr(module, runs)() else None


def _pyscript_has_a_document() -> bool:
    # Without cross-origin isolation, PyScript's worker has a window that refuses all access.
    return hasattr(getattr(sys.modules.get("pyscript"), "window", None), "document")


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


def _share_marimo() -> Callable[[object], object]:
    """marimo keeps its kernel in a thread-local value, and those may be gone while plain Python waits.
    (quirk: pyodide-forgets-thread-locals)"""
    from marimo._runtime.context import get_context, runtime_context_installed
    from marimo._runtime.context.types import initialize_context

    kernel = get_context()
    return lambda task: runtime_context_installed() or initialize_context(kernel)


def _pyscript(address: str) -> Callable[[], None]:
    import pyscript

    document = pyscript.window.document
    script = document.createElement("script")
    script.type, script.src = "module", address
    document.head.append(script)
    return lambda: script.remove()


def share_display() -> Callable[[object], object]:
    """Return a function that lets another task display things as this one does: stlite attaches the app's run
    to the current task, and marimo attaches its kernel to the thread."""
    if _module("marimo", "running_in_notebook"):
        return _share_marimo()
    if not _streamlit_runs():
        return lambda task: None
    from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

    run = get_script_run_ctx(suppress_warning=True)
    return lambda task: run and add_script_run_ctx(task, run)


def _streamlit_runs() -> Any:
    return _module("streamlit.runtime", "exists")


def _streamlit(address: str) -> Callable[[], None]:
    import streamlit
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is None:
        raise RuntimeError(
            "Streamlit displays nothing from this task. First await connect() in the app's script."
        )
    place = streamlit.empty()
    # (Streamlit removes blob: addresses from attributes.)
    place.html(f'<script type="module">import("{address}")</script>', unsafe_allow_javascript=True)
    _let_streamlit_write()
    return lambda: place.empty()


@functools.cache
def _let_streamlit_write() -> None:
    """Let `st.write`, which has no hook for other packages, show the library's objects as `st.html` does."""
    import streamlit

    try:
        from streamlit.elements.write import WriteMixin
    except ImportError:  # it has moved
        return
    streamlits = WriteMixin.write

    def write(self: Any, *things: object, **options: Any) -> None:
        for ours, group in itertools.groupby(things, _is_displayed):
            for thing in group if ours else ():
                self.html(thing)
            if not ours:
                streamlits(self, *group, **options)

    WriteMixin.write = write
    streamlit.write = streamlit.write.__self__.write  # the old one is bound to its object


def _is_displayed(thing: object) -> bool:
    return type(thing).__module__.startswith("mediarecorder") and hasattr(thing, "_repr_html_")


def _panel_document() -> Any:
    """The document of an app that `panel convert` made, in a worker."""
    module: Any = sys.modules.get("panel.io.pyodide")
    return module and module.state.curdoc


def _panel(address: str) -> Callable[[], None]:
    import panel

    document = _panel_document()
    if document.callbacks.hold_value is not None:
        raise RuntimeError(
            "Panel has not displayed the app yet. Await this in a callback, or in pn.state.onload()."
        )
    model = panel.pane.HTML(f'<script type="module" src="{address}"></script>').get_root(document)
    document.add_root(model)
    return lambda: document.remove_root(model)
