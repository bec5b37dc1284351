"""A store does not read all its takes for each call, and its index is never wrong."""

import random

import pytest

from mediarecorder import Recording, RecordingStore
from mediarecorder._host.browser import create_proxy, js, to_js

INDEX = "index"
SLOT = 512


def small(number):
    """A recording of a few bytes."""
    data = js.Uint8Array.new(10 + number)
    return Recording(js.Blob.new(js.Array.of(data)), "video/webm", duration=1.5, started_at=1000.0 + number)


async def folder_of(store):
    root = await js.navigator.storage.getDirectory()
    return await root.getDirectoryHandle(f"mediarecorder-store-{store.name}")


async def index_of(store):
    file = await (await (await folder_of(store)).getFileHandle(INDEX)).getFile()
    return (await file.arrayBuffer()).to_bytes()


async def put_index(store, data):
    writable = await (await (await folder_of(store)).getFileHandle(INDEX, create=True)).createWritable()
    await writable.write(to_js(data) if data else js.Uint8Array.new(0))
    await writable.close()


async def seen_anew(store):
    """Another tab's view: the list, and the bytes in use."""
    async with await RecordingStore.open(store.name) as other:
        return sorted(await other.recordings()), (await other.usage()).used


@pytest.mark.core
async def test_missing_index_is_rebuilt(store):
    added = [await store.add(small(number), title=f"Take {number}") for number in range(3)]
    before = await seen_anew(store)
    assert [one.title for one in sorted(before[0], key=lambda one: one.started_at)] == [
        "Take 0",
        "Take 1",
        "Take 2",
    ]
    await (await folder_of(store)).removeEntry(INDEX)
    assert (await store.usage()).used == before[1], "an old store is read once"
    await (await folder_of(store)).removeEntry(INDEX)
    await store.delete(added[1].id)
    listed, used = await seen_anew(store)
    assert {one.id for one in listed} == {added[0].id, added[2].id}
    assert used < before[1]


async def test_listing_hides_no_change_of_another_tab(store):
    async with await RecordingStore.open(store.name) as other:
        for number in range(3):
            await other.recordings()
            await store.add(small(number))
            assert await other.usage() == await store.usage()
            assert len(await other.recordings()) == number + 1


async def test_tabs_see_each_others_changes(store):
    async with await RecordingStore.open(store.name) as other:
        first = await store.add(small(1), title="one")
        second = await other.add(small(2), title="two")
        await other.rename(first.id, "uno")
        assert [one.title for one in await store.recordings()] == ["uno", "two"]
        used = (await store.usage()).used
        await store.rename(first.id, "unounouno")
        assert (await other.usage()).used == used + 6
        await store.delete(second.id)
        assert [one.title for one in await other.recordings()] == ["unounouno"]
        assert (await other.usage()).used == (await store.usage()).used
        long = "🎤" * 200  # too long for a slot
        await other.rename(first.id, long)
        assert [one.title for one in await store.recordings()] == [long]


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.soak)])
@pytest.mark.time_limit(600)
@pytest.mark.firefox_in_soak
async def test_damaged_index_gives_no_wrong_facts(store, count):
    added = [await store.add(small(number), title=f"Take {number}") for number in range(4)]
    await store.rename(added[0].id, "renamed")
    await store.delete(added[3].id)
    truth, data, chance = await seen_anew(store), await index_of(store), random.Random(count)
    assert len(truth[0]) == 3
    for number in range(count):
        place = chance.choice([chance.randrange(len(data)), chance.randrange(6 * SLOT)])
        if number % 3 == 0:
            damaged = data[: place - place % (SLOT if number % 2 else 1)]
        elif number % 3 == 1:
            damaged = data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]
        else:
            damaged = data[:place] + bytes(len(data) - place)
        await put_index(store, damaged)
        assert await seen_anew(store) == truth, (number, place)


@pytest.mark.page_only("the calls of the page's own files are counted")
@pytest.mark.firefox_in_soak
async def test_calls_do_not_read_more_with_more_takes(store, monkeypatch):
    """This counts calls of the file system, not time."""
    worker, js.globalThis.Worker = js.Worker, None
    try:
        alone = await RecordingStore.open(store.name)
    finally:
        js.globalThis.Worker = worker
    counted = []
    prototypes = [
        (js.FileSystemDirectoryHandle.prototype, ("getDirectoryHandle", "getFileHandle", "removeEntry")),
        (js.FileSystemFileHandle.prototype, ("getFile", "createWritable")),
    ]
    restore = []
    for prototype, names in prototypes:
        for name in names:
            original = getattr(prototype, name)

            def count(this, *arguments, original=original):
                counted.append(1)
                return original.call(this, *arguments)

            proxy = create_proxy(count)
            setattr(prototype, name, proxy.captureThis())
            restore.append((prototype, name, original, proxy))

    async def costs():
        found = {}
        for name, call in {
            "add": lambda: alone.add(small(0)),
            "usage": alone.usage,
            "recordings": alone.recordings,
            "delete": lambda: alone.delete(taken[-1].id),
        }.items():
            counted.clear()
            made = await call()
            found[name] = len(counted)
            if name == "add":
                taken.append(made)
        return found

    try:
        taken = [await alone.add(small(1))]
        await costs()
        few = await costs()
        for number in range(30):
            await alone.add(small(number))
        assert await costs() == few
        assert few["recordings"] < 10
    finally:
        for prototype, name, original, proxy in restore:
            setattr(prototype, name, original)
            proxy.destroy()
        alone.close()
