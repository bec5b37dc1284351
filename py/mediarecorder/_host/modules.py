"""The library's own JavaScript (the package's ``js/``), loaded on demand.

Each module registers itself on the global object, however it was loaded: a page under a
Content-Security-Policy without ``blob:`` uses a module tag of its own, PyScript uses ``[js_modules.main]``,
and a worker's author writes an ``import``. Otherwise this module loads it from the package through a
``blob:`` URL.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ..errors import MediaError, NotSupportedError, SecurityError
from .browser import JsException, create_proxy, is_nullish, js, js_object, realm, settle
from .features import UNTRUSTED, trusted

_loading: dict[str, asyncio.Future[None]] = {}


def registered(name: str) -> Any:
    """The module's JavaScript object, or None if it is not loaded."""
    value = js.Reflect.get(js.globalThis, getattr(js.Symbol, "for")(f"mediarecorder.{name}"))
    return None if is_nullish(value) else value


async def load_module(name: str) -> Any:
    """The JavaScript object of ``js/<name>.js``.

    Raises
    ------
    NotSupportedError, SecurityError
        This copy of the package lacks the file, or a Content-Security-Policy blocks it.
    """
    if registered(name) is None:
        # Simultaneous calls share one load, and cancelling one of them does not stop it for the others.
        if name not in _loading:
            _loading[name] = asyncio.ensure_future(_load(name))
            _loading[name].add_done_callback(
                lambda done: (_loading.pop(name), done.cancelled() or done.exception())
            )
        await asyncio.shield(_loading[name])
    return registered(name)


def module_address(name: str) -> str:
    """A ``blob:`` URL of ``js/<name>.js``; the caller revokes it."""
    try:
        source = (Path(__file__).parents[1] / "js" / f"{name}.js").read_text(encoding="utf-8")
    except OSError:
        raise NotSupportedError(
            f"This copy of mediarecorder lacks js/{name}.js. Install the wheel, or add the file (aac.js and "
            f"flac.js are distributed next to the wheel). {_advice(name)}"
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
    """Load the module at this URL. A failure raises nothing: the module is then not registered."""
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
        pass  # only classic workers have importScripts
    try:
        # Python has no other way to import a module here. The code evaluates only this constant. If a
        # Content-Security-Policy forbids that, the worker's author imports the module.
        # (In Chromium, Trusted Types do not allow `Function`; quirk: chromium-trusts-no-function-constructor)
        import_module = js.eval(trusted("createScript", "(address) => import(address)"))
        await settle(import_module, "call", None, address, doing="import")
    except (JsException, MediaError, TypeError):
        pass  # the caller reports that the module is missing


def _advice(name: str) -> str:
    if realm() == "worker":
        return f'Or let the worker\'s own script load it: import "…/mediarecorder/js/{name}.js".'
    # The store's worker is started from the script's own URL, which a module does not know.
    kind = "" if name == "store" else ' type="module"'
    return f'Or let the page load it: <script{kind} src="…/mediarecorder/js/{name}.js"></script>.'
