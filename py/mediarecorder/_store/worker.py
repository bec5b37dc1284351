"""Messages to the half of the store that accesses the disk (static/library/store/store.js).

In a page, that half runs in a worker of its own, because only workers have synchronous file access. If Python
itself runs in a worker, that half runs in the same worker. If a page cannot start workers, it runs in the
page, more slowly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._host.browser import create_proxy, is_nullish, js, js_object, realm, translated
from .._host.features import trusted
from .._host.modules import load_module, module_address, registered
from ..errors import AbortError, InvalidStateError, MediaError, UnknownError, from_browser
from ..outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

MODULE = "store"
NAME = "mediarecorder-store"
"""The name by which a worker knows that it was started for the store."""


class Disk:
    """The connection to one store on disk.

    Parameters
    ----------
    hear
        Called with each message that is not the answer to a call.
    lost
        Called with the error when the store can no longer write.
    """

    def __init__(self, hear: Callable[[Any], None], lost: Callable[[MediaError], None]) -> None:
        self._hear, self._lost = hear, lost
        self._calls: dict[int, Outcome[Any]] = {}
        self._count = 0
        self._port: Any = None
        self._address = ""
        self.broken: MediaError | None = None
        """Why the store can no longer write; None while it can."""
        self._proxy: Any = create_proxy(self._heard)

    async def open(self, name: str, limit: int | None) -> None:
        self._name = name
        try:
            if realm() == "page":
                try:
                    self._use(self._start_worker(), "message", "error")
                    await self.call("openStore", name, limit)
                    return
                except _NoWorker:
                    self._leave()
                    self.broken = None
            await self._open_here()
            await self.call("openStore", name, limit)
        except BaseException:
            self.close()
            raise

    def _start_worker(self) -> Any:
        module = registered(MODULE)
        address = "" if module is None else str(module.address)
        if not address:
            address = self._address = module_address(MODULE)
        try:
            return js.Worker.new(trusted("createScriptURL", address), js_object({"name": NAME}))
        except Exception as error:  # caused by a Content-Security-Policy, in some browsers
            raise _NoWorker from error

    async def _open_here(self) -> None:
        channel = js.MessageChannel.new()
        (await load_module(MODULE)).serve(channel.port2)
        self._use(channel.port1, "message")
        channel.port1.start()

    def _use(self, port: Any, *types: str) -> None:
        self._port = port
        for type in types:
            port.addEventListener(type, self._proxy)

    def _leave(self) -> None:
        if self._port is not None:
            for type in ("message", "error"):
                self._port.removeEventListener(type, self._proxy)
            if hasattr(self._port, "terminate"):
                self._port.terminate()
            else:
                self.post({"close": True})
                self._port.close()
            self._port = None
        if self._address:
            js.URL.revokeObjectURL(self._address)
            self._address = ""

    async def call(self, verb: str, *arguments: Any) -> Any:
        """Call a verb of the other half and return its answer.

        Raises
        ------
        InvalidStateError
            The store is closed, or its worker has failed.
        MediaError
            The verb failed.
        """
        self.require_open("store")
        self._count += 1
        outcome = self._calls[self._count] = Outcome()
        self.post({"call": self._count, "verb": verb, "arguments": list(arguments)})
        return await outcome

    def require_open(self, doing: str) -> None:
        if self.broken:
            raise InvalidStateError(
                f"{doing}: this store can no longer be used. {self.broken} "
                f"Reopen the store: store = await RecordingStore.open({self._name!r})"
            )

    def post(self, message: dict[str, Any]) -> None:
        with translated("store"):
            self._port.postMessage(js_object(message))

    def _heard(self, event: Any) -> None:
        if event.type == "error":
            said = str(getattr(event, "message", "") or "")
            known = self._count > 1
            self._break(UnknownError(f"The store's worker failed. {said}") if known else _NoWorker(said))
            return
        data = event.data
        number: Any = getattr(data, "call", None)
        if is_nullish(number):
            self._hear(data)
            return
        outcome = self._calls.pop(int(number))
        error = getattr(data, "error", None)
        if is_nullish(error):
            outcome._resolve(getattr(data, "value", None))
        else:
            outcome._reject(from_browser(error, "store"))

    def _break(self, error: MediaError) -> None:
        self.broken = error
        calls, self._calls = self._calls, {}
        for outcome in calls.values():
            outcome._reject(error)
        self._lost(error)

    def close(self) -> None:
        if self._proxy is not None:
            self._leave()
            self._proxy.destroy()
            self._proxy = None
            self._break(AbortError("The store was closed."))


class _NoWorker(MediaError):
    """This page cannot start a worker."""
