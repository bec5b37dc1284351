"""Behaviour of Pyodide that the library works around."""

import asyncio
import signal
import threading

import pytest

from mediarecorder._host.features import run_sync, trusted

OLD_AND_NEW = pytest.mark.lane("chromium", "chromium-pyodide-0.27")


@pytest.mark.quirk("pyodide-null-may-be-none")
@OLD_AND_NEW
def test_null_of_javascript_depends_on_the_version(lane):
    import js

    found = js.document.getElementById("nothing")
    assert (found is None) == lane.endswith("0.27")
    assert type(found).__name__ in ("NoneType", "JsNull")


@pytest.mark.quirk("pyodide-before-0.29-makes-maps")
@OLD_AND_NEW
def test_dictionary_becomes_a_map_or_an_object(lane):
    import js
    from pyodide.ffi import to_js

    kind = "Map" if lane.endswith("0.27") else "Object"
    assert js.Object.prototype.toString.call(to_js({"audio": True})) == f"[object {kind}]"


@pytest.mark.quirk("pyodide-forgets-thread-locals")
@OLD_AND_NEW
async def test_values_of_a_thread_may_be_gone_while_plain_python_waits(lane):
    kept = threading.local()
    kept.value = 1

    async def remembers():
        return hasattr(kept, "value")

    assert await remembers()
    assert run_sync(remembers()) != lane.endswith("0.27")


@pytest.mark.quirk("pyodide-await-hangs-without-a-stack")
@pytest.mark.lane("chromium")
async def test_await_of_a_rejection_without_a_stack_never_ends():
    from pyodide.code import run_js

    # Pyodide's own "invalid exception object" would fail this test.
    run_js("""for (const type of ["error", "unhandledrejection"]) {
      addEventListener(type, (event) => event.preventDefault(), { once: true });
    }""")
    waiting = asyncio.ensure_future(run_js("Promise.reject({ name: 'OverconstrainedError' })"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    waiting.cancel()


@pytest.mark.quirk("chromium-trusts-no-function-constructor")
@pytest.mark.lane("chromium-trusted-types")
@pytest.mark.console_errors
def test_chromium_refuses_trusted_scripts_in_function():
    import js
    from pyodide.ffi import JsException

    script = trusted("createScript", "return 1")
    assert js.eval(trusted("createScript", "1")) == 1
    with pytest.raises(JsException):
        js.Function.new(script)


INTERRUPTED = """
import asyncio
import signal
from js import postMessage
from pyodide.ffi import run_sync

async def wait():
    postMessage("waits")
    await asyncio.sleep(2)

try:
    run_sync(wait())
except KeyboardInterrupt:
    pass
"""


@pytest.mark.quirk("pyodide-loses-timers-at-an-interrupt")
@pytest.mark.soak
@pytest.mark.lane("chromium")
@pytest.mark.time_limit(120)
async def test_interrupted_run_sync_never_ends(start_worker):
    import js

    interrupts = js.Uint8Array.new(js.SharedArrayBuffer.new(1))
    worker = start_worker(interrupts=interrupts)
    ended = worker.start(INTERRUPTED)
    assert await worker.said.get() == "waits"
    await asyncio.sleep(0.5)
    interrupts[0] = int(signal.SIGINT)
    await asyncio.sleep(10)
    assert not ended.done()
