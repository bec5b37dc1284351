"""How recordings, photos, streams and arrays show themselves in HTML.

Nothing gets in unescaped: file names, labels and types come from outside. No style attributes either:
a strict Content-Security-Policy forbids them.
"""

from __future__ import annotations

from typing import Any

from .._host.browser import UNTRUSTED, JsException, realm, trusted
from .._reminder import Reminding
from ..errors import SecurityError

_SPECIAL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})


class Displayed(Reminding):
    """An object that shows itself wherever Python is used interactively, if it says how in HTML.

    IPython, JupyterLite and PyScript ask for `_repr_mimebundle_`, marimo for `_mime_`.
    """

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def show_in(self, element: Any) -> None:
        """Show it in an element of the page, in place of what is there.

        >>> recording.show_in(js.document.getElementById("takes"))
        """
        try:
            in_page = realm() == "page"  # PyScript lends a worker elements, but no policy
            element.innerHTML = trusted("createHTML", "") if in_page else ""
            html = self._repr_html_()
            element.innerHTML = trusted("createHTML", html) if in_page else html
        except JsException:
            raise SecurityError(UNTRUSTED) from None

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self._repr_html_()


def escape(text: object) -> str:
    """`text` made safe for HTML, inside attributes too. (Importing `html` costs 20 ms in Pyodide.)"""
    return str(text).translate(_SPECIAL)


def clock(seconds: float) -> str:
    """Seconds as people read them: ``0:05``, ``12:34``, ``1:02:03``.

    >>> clock(754)
    '12:34'
    """
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def file_size(size: int) -> str:
    """Bytes as people read them: ``512 bytes``, ``81.4 kB``, ``2.3 MB`` (1 kB is 1000 bytes).

    >>> file_size(81_400)
    '81.4 kB'
    """
    if size < 1000:
        return f"{size} bytes"
    amount, units = size / 1000, ["kB", "MB", "GB"]
    while amount >= 999.95 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{amount:.1f} {units[0]}"


def figure(element: str, facts: list[str], url: str = "", name: str = "") -> str:
    """A player or picture with its facts and any download link below it; `element` is trusted HTML."""
    words = " · ".join(escape(fact) for fact in facts)
    link = f' · <a href="{escape(url)}" download="{escape(name)}">Download</a>' if url else ""
    return f"<figure>{element}<figcaption>{words}{link}</figcaption></figure>"
