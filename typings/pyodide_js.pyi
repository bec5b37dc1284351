# The running interpreter, seen as the JavaScript module it came from.
from typing import Any

def __getattr__(name: str) -> Any: ...
