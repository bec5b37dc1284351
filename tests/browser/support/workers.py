"""Python in separate workers, which tests of the page start, query and end."""

from __future__ import annotations

import asyncio
from typing import Any

from harness.places import ROOT


class PythonWorker:
    """A worker with Pyodide and the library.

    >>> worker = PythonWorker()
    >>> await worker.run("1 + 1")
    '2'
    """

    def __init__(
        self, *, classic: bool = False, module: str = "", pyodide: str = "pyodide", interrupts: Any = None
    ) -> None:
        import js
        from pyodide.ffi import create_proxy

        self._options = {
            "pyodide": f"/node_modules/{pyodide}",
            "bundle": "/library.zip",
            "root": str(ROOT),
            "module": module,
            "interrupts": interrupts,
        }
        #: Texts that its Python posts while it runs.
        self.said: asyncio.Queue[str] = asyncio.Queue()
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._proxies = [create_proxy(self._answer), create_proxy(self._fail)]
        script, options = ("worker-classic.js", []) if classic else ("worker.js", [["type", "module"]])
        self.js = js.Worker.new(
            trusted_address(f"/tests/browser/support/{script}"), js.Object.fromEntries(options)
        )
        self.js.onmessage, self.js.onerror = self._proxies

    async def run(self, source: str) -> str:
        """Run this Python source. Returns its last value, as text."""
        return await self.start(source)

    def start(self, source: str) -> asyncio.Future[str]:
        """Like `run`, but returns a future at once."""
        import js

        answer = asyncio.get_running_loop().create_future()
        number = len(self._waiting)
        self._waiting[number] = answer
        message = {**self._options, "id": number, "source": source}
        self.js.postMessage(js.Object.fromEntries([[name, value] for name, value in message.items()]))
        return answer

    def _answer(self, event: Any) -> None:
        if isinstance(event.data, str):
            self.said.put_nowait(event.data)
            return
        waiting = self._waiting[event.data.id]
        if waiting.done():
            return
        if hasattr(event.data, "error"):
            waiting.set_exception(RuntimeError(event.data.error))
        else:
            waiting.set_result(event.data.value)

    def _fail(self, event: Any) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(RuntimeError(event.message))

    def terminate(self) -> None:
        """End it at once, whatever it does."""
        self.js.terminate()
        for waiting in self._waiting.values():
            waiting.cancel()
        for proxy in self._proxies:
            proxy.destroy()
        self._proxies = []


def trusted_address(address: str) -> Any:
    """The address, created by the author's policy if the page requires Trusted Types."""
    import js

    if not hasattr(js, "trustedTypes"):
        return address
    if not hasattr(js, "benchPolicy"):
        js.benchPolicy = js.trustedTypes.createPolicy(
            "harness", js.Object.fromEntries([["createScriptURL", js.String]])
        )
    return js.benchPolicy.createScriptURL(address)
