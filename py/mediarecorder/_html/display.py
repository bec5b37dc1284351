"""The common base of recordings, photos, streams and arrays, which display themselves as HTML."""

from __future__ import annotations

from typing import Any

from .._host.browser import JsException, realm
from .._host.features import UNTRUSTED, trusted
from .._reminder import Reminding
from ..errors import SecurityError


class Displayed(Reminding):
    """An object that displays itself in notebooks and consoles. Subclasses implement `_repr_html_`.

    IPython, JupyterLite and PyScript call `_repr_mimebundle_`, marimo calls `_mime_`.
    """

    def _repr_html_(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def show_in(self, element: Any) -> None:
        """Show this object in an element of the page, in place of the element's content.

        >>> recording.show_in(js.document.getElementById("takes"))
        """
        try:
            in_page = realm() == "page"  # PyScript gives a worker access to elements, but not to policies
            element.innerHTML = trusted("createHTML", "") if in_page else ""
            html = self._repr_html_()
            element.innerHTML = trusted("createHTML", html) if in_page else html
        except JsException:
            raise SecurityError(UNTRUSTED) from None

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self._repr_html_()
