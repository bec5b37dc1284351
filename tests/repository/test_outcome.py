"""The parts of `outcome` that need no browser."""

from __future__ import annotations

import asyncio
import gc
import weakref

from mediarecorder.outcome import spawn


def test_spawned_task_is_kept_until_it_ends():
    """The future that it awaits is known to nobody else, so without spawn() both would be collected."""

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
    asyncio.run(main())
