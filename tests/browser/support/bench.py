"""The servers outside the browser that recordings are sent to (tests/harness/uploads.py)."""

from __future__ import annotations

import hashlib
import json
from typing import Any


class Bench:
    """``endpoint`` of @tus/server behind a proxy that can be faulty, ``receiver`` and ``elsewhere`` for forms
    and files: three origins besides the page's, whose own receiver is ``here``. `call` calls a verb."""

    def __init__(self, addresses: dict[str, str]) -> None:
        from js import location

        self.endpoint, self.receiver = addresses["endpoint"], addresses["receiver"]
        self.elsewhere = addresses["elsewhere"]
        self.here = f"{location.origin}/receive"

    async def call(self, verb: str, **options: Any) -> Any:
        return await call(verb, **options)

    async def has(self, url: str, data: bytes) -> bool:
        """Whether the server's file has exactly these bytes, and the server counts it as complete."""
        found = await self.call("file", url=url)
        expected = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        assert {name: found[name] for name in expected} == expected
        return True

    async def requests(self, method: str) -> list[list[Any]]:
        """The proxy's log of this method: method, path, status and size of the content."""
        return [one for one in (await self.call("log"))["tus"] if one[0] == method]


async def call(verb: str, **options: Any) -> Any:
    from js import Object, fetch
    from pyodide.ffi import to_js

    request = to_js({"method": "POST", "body": json.dumps(options)}, dict_converter=Object.fromEntries)
    response = await fetch(f"/uploads/{verb}", request)
    return json.loads(await response.text())
