"""The library's own JavaScript (the package's ``js/``), loaded when it is needed and not before.

Each module registers itself on the global object when it is loaded, by whomever: a page under a
Content-Security-Policy without ``blob:`` loads it with a module tag of its own, PyScript by
``[js_modules.main]``, a worker's author by ``import``. Else it is loaded from here, out of the package, by a
``blob:`` address.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ..errors import MediaError, NotSupportedError, SecurityError
from .browser import UNTRUSTED, JsException, create_proxy, is_nullish, js, js_object, realm, settle, trusted

_loading: dict[str, asyncio.Future[None]] = {}


def registered(name: str) -> Any:
    """The module's JavaScript object, or None while it is not there."""
    value = js.Reflect.get(js.globalThis, getattr(js.Symbol, "for")(f"mediarecorder.{name}"))
    return None if is_nullish(value) else value


async def load_module(name: str) -> Any:
    """The JavaScript object of ``js/<name>.js``.

    Raises
    ------
    NotSupportedError, SecurityError
        It is not in this copy of the package, or a Content-Security-Policy keeps it out.
    """
    if registered(name) is None:
        # Several calls at once load it once, and one that is cancelled does not take it from the others.
        if name not in _loading:
            _loading[name] = asyncio.ensure_future(_load(name))
            _loading[name].add_done_callback(
                lambda done: (_loading.pop(name), done.cancelled() or done.exception())
            )
        await asyncio.shield(_loading[name])
    return registered(name)


def module_address(name: str) -> str:
    """A ``blob:`` address of ``js/<name>.js``; whoever asked for it revokes it."""
    try:
        source = (Path(__file__).parents[1] / "js" / f"{name}.js").read_text(encoding="utf-8")
    except OSError:
        raise NotSupportedError(
            f"This copy of mediarecorder lacks js/{name}.js. Install the wheel, or put the file there: "
            f"aac.js and flac.js lie beside the wheel. {_advice(name)}"
        ) from None
    return str(js.URL.createObjectURL(js.Blob.new([source], js_object({"type": "text/javascript"}))))


async def _load(name: str) -> None:
    address = module_address(name)
    try:
        await (load_into_worker(address) if realm() == "worker" else load_into_page(address))
    finally:
        js.URL.revokeObjectURL(address)
    if registered(name) is None:
        raise NotSupportedError(
            f"The browser did not load mediarecorder's {name}.js. If a Content-Security-Policy forbids it, "
            f"allow script-src blob: (and trusted-types mediarecorder). {_advice(name)}"
        )


async def load_into_page(address: str) -> None:
    """Load the module at this address; a failure shows in what it has not done."""
    script = js.document.createElement("script")
    script.type = "module"
    try:
        script.src = trusted("createScriptURL", address)
    except JsException:
        raise SecurityError(UNTRUSTED) from None
    loaded = asyncio.get_running_loop().create_future()

    def settle_once(event: Any) -> None:
        if not loaded.done():
            loaded.set_result(None)

    proxy = create_proxy(settle_once)
    script.addEventListener("load", proxy)
    script.addEventListener("error", proxy)
    try:
        js.document.head.append(script)
        await loaded
    finally:
        script.removeEventListener("load", proxy)
        script.removeEventListener("error", proxy)
        script.remove()
        proxy.destroy()


async def load_into_worker(address: str) -> None:
    """The same in a worker."""
    try:
        js.importScripts(trusted("createScriptURL", address))
        return
    except (JsException, AttributeError):
        pass  # only classic workers have it
    try:
        # There is no other way to an import from Python. What is evaluated is this constant, and where a
        # Content-Security-Policy forbids that, the author imports the module.
        # (Trusted Types do not allow `Function` in Chromium.)
        import_module = js.eval(trusted("createScript", "(address) => import(address)"))
        await settle(import_module, "call", None, address, doing="import")
    except (JsException, MediaError, TypeError):
        pass  # that it is not there is told by the caller


def _advice(name: str) -> str:
    if realm() == "worker":
        return f'Or let the worker\'s own script load it: import "…/mediarecorder/js/{name}.js".'
    # The store's worker is started from the address of the script, which a module does not know.
    kind = "" if name == "store" else ' type="module"'
    return f'Or let the page load it: <script{kind} src="…/mediarecorder/js/{name}.js"></script>.'
