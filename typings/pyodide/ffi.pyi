# Only the names that the library uses; the oldest and the newest Pyodide both have them.
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

_T = TypeVar("_T")

class JsProxy:
    js_id: int
    typeof: str
    def __getattr__(self, name: str) -> Any: ...
    def __setattr__(self, name: str, value: Any) -> None: ...

class JsException(JsProxy, Exception):
    name: str
    message: str
    stack: str

class JsDoubleProxy(JsProxy):
    def destroy(self) -> None: ...
    def unwrap(self) -> Any: ...

def create_proxy(obj: Any, /, *, capture_this: bool = False, roundtrip: bool = True) -> JsDoubleProxy: ...
def to_js(
    obj: Any,
    /,
    *,
    depth: int = -1,
    pyproxies: JsProxy | None = None,
    create_pyproxies: bool = True,
    dict_converter: Callable[[Iterable[Any]], Any] | None = None,
    default_converter: Callable[[Any, Callable[[Any], Any], Callable[[Any, Any], None]], Any] | None = None,
) -> Any: ...
def can_run_sync() -> bool: ...
def run_sync(awaitable: Awaitable[_T], /) -> _T: ...
