"""The parts of `outcome` that need no browser."""

from __future__ import annotations

import asyncio
import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

from mediarecorder.outcome import spawn


def test_spawned_task_is_kept_until_it_ends():
    """Nothing else refers to the future that it awaits, so without spawn() both would be collected."""

    class Future(asyncio.Future[None]):
        pass

    async def main() -> None:
        async def work() -> None:
            futures.append(weakref.ref(future := Future()))
            await future

        spawn(work())
        await asyncio.sleep(0)
        gc.collect()
        future = futures[0]()
        assert future is not None
        future.set_result(None)
        del future
        await asyncio.sleep(0.01)
        gc.collect()
        assert futures[0]() is None

    futures: list[weakref.ref[Future]] = []
    # In a thread of its own: Playwright's event loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, main()).result()
