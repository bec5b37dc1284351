"""What recordings, photos, streams and arrays have in common: they show themselves in HTML."""

from __future__ import annotations

from typing import Any

from .._host.browser import UNTRUSTED, JsException, realm, trusted
from .._reminder import Reminding
from ..errors import SecurityError


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
