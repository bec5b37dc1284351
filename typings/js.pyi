# The browser's global scope. Its content depends on the browser, so nothing here is checked.
from typing import Any

def __getattr__(name: str) -> Any: ...
