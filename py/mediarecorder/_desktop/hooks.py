"""Actions after the import of a module, which may be imported much later, or never."""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Undo = Callable[[], object] | None


def after_import(name: str, action: Callable[[Any], Undo]) -> Callable[[], None]:
    """Call ``action(module)`` now, or when the module has been imported.

    The action returns the function that undoes it, if any. So does this function; before the import, it
    forgets the action.
    """
    hook = _Hook(name, action)
    if name in sys.modules:
        hook.act(sys.modules[name])
    else:
        sys.meta_path.insert(0, hook)
    return hook.undo


class _Hook(MetaPathFinder, Loader):
    """Finds one module as usual, and acts after its own loader."""

    def __init__(self, name: str, action: Callable[[Any], Undo]) -> None:
        self._name, self._action = name, action
        self._undo: Undo = None
        self._looking = False
        self._loader: Any = None

    def find_spec(self, fullname: str, path: object, target: object = None) -> Any:
        if fullname != self._name or self._looking:
            return None
        self._looking = True
        try:
            spec = find_spec(fullname)
        finally:
            self._looking = False
        if spec and spec.loader:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: Any) -> Any:
        return self._loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._forget()
        self.act(module)

    def act(self, module: Any) -> None:
        self._undo = self._action(module)

    def _forget(self) -> None:
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def undo(self) -> None:
        self._forget()
        if self._undo:
            self._undo()
            self._undo = None
