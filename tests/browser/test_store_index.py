"""A store does not read all its takes for each call, and its index is never wrong."""

import random
from contextlib import suppress

import pytest
from support.rows import in_soak, thorough

from mediarecorder import MediaError, Recording, RecordingStore
from mediarecorder._host.browser import create_proxy, js, to_js

INDEX = "index"
SLOT = 512
in_a_worker = pytest.mark.lane("chromium-worker", "firefox-worker")
"""Here the store works in Python's own worker, so that the test can intercept its calls of the browser."""

# Makes the n-th write of the index fail: like a crash, after which every call fails, or like a full disk, on
# which the index can be neither written nor removed.
FAILING = """
(() => {
  const undo = [], handles = new WeakSet();
  let how = "", left = 0, reached = false;
  const patch = (prototype, name, make) => {
    const original = prototype[name];
    prototype[name] = make(original);
    undo.push(() => { prototype[name] = original; });
  };
  const refused = () => new DOMException("", "UnknownError");
  const isDead = () => how === "crash" && reached;
  for (const [prototype, names] of [
    [StorageManager.prototype, ["getDirectory"]],
    [FileSystemDirectoryHandle.prototype, ["getDirectoryHandle", "getFileHandle", "removeEntry"]],
    [FileSystemFileHandle.prototype, ["getFile", "createWritable", "createSyncAccessHandle", "move"]],
  ]) {
    for (const name of names) {
      patch(prototype, name, (original) => async function (...parameters) {
        const isKept = how === "full disk" && reached && name === "removeEntry" && parameters[0] === "index";
        if (isDead() || isKept) throw refused();
        const made = await original.apply(this, parameters);
        if (name === "createSyncAccessHandle" && this.name === "index") handles.add(made);
        return made;
      });
    }
  }
  for (const name of ["write", "truncate", "flush"]) {
    patch(FileSystemSyncAccessHandle.prototype, name, (original) => function (...parameters) {
      if (how && name === "write" && handles.has(this)) reached ||= left-- === 0;
      if (isDead() || (reached && handles.has(this))) throw refused();
      return original.apply(this, parameters);
    });
  }
  return {
    begin(named, number) { [how, left, reached] = [named, number, false]; },
    end() { const was = reached; how = ""; reached = false; return was; },
    undo() { for (const each of undo) each(); },
  };
})()
"""

# Calls `act` before the n-th use, from now on, of a store's index.
BETWEEN = """
(lock, number, act) => {
  const { request } = LockManager.prototype;
  navigator.locks.request = async (name, ...rest) => {
    if (name === lock && number-- === 0) await act();
    return request.call(navigator.locks, name, ...rest);
  };
}
"""


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


async def seen_by_another_tab(store):
    """Another tab's view: the list, and the bytes in use."""
    async with await RecordingStore.open(store.name) as other:
        return sorted(await other.recordings()), (await other.usage()).used


async def facts_of(store):
    """The bytes in use, queried first because a listing corrects them, and the list."""
    return (await store.usage()).used, sorted(await store.recordings())


async def truth_of(store):
    """The list and the bytes in use, as another tab sees them without an index."""
    await remove_index(store)
    return await seen_by_another_tab(store)


async def has_index(store):
    return INDEX in await js.Array.fromAsync((await folder_of(store)).keys())


async def remove_index(store):
    if await has_index(store):
        await (await folder_of(store)).removeEntry(INDEX)


@pytest.mark.core
async def test_missing_index_is_rebuilt(store):
    added = [await store.add(small(number), title=f"Take {number}") for number in range(3)]
    before = await seen_by_another_tab(store)
    assert [one.title for one in sorted(before[0], key=lambda one: one.started_at)] == [
        "Take 0",
        "Take 1",
        "Take 2",
    ]
    await (await folder_of(store)).removeEntry(INDEX)
    assert (await store.usage()).used == before[1], "an old store is read once"
    await (await folder_of(store)).removeEntry(INDEX)
    await store.delete(added[1].id)
    listed, used = await seen_by_another_tab(store)
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


@pytest.mark.parametrize("count", [10, *thorough(40), *in_soak(1000)])
@pytest.mark.time_limit(600)
@pytest.mark.firefox_in_soak
async def test_damaged_index_gives_no_wrong_facts(store, count):
    added = [await store.add(small(number), title=f"Take {number}") for number in range(4)]
    await store.rename(added[0].id, "renamed")
    await store.delete(added[3].id)
    truth, data, chance = await seen_by_another_tab(store), await index_of(store), random.Random(count)
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
        assert await seen_by_another_tab(store) == truth, (number, place)


@pytest.mark.page_only("the calls of the page's own files are counted")
@pytest.mark.firefox_in_soak
async def test_calls_do_not_read_more_with_more_takes(store, monkeypatch):
    """This counts calls to the file system, not time."""
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


@pytest.mark.parametrize("takes", [10, *thorough(30), *in_soak(300)])
@pytest.mark.time_limit(600)
@pytest.mark.lane("chromium")
async def test_torn_index_hides_no_take(store, takes):
    for number in range(takes):
        await store.add(small(number), title=f"Take {number}")
    truth, data = await seen_by_another_tab(store), await index_of(store)
    assert len(truth[0]) == takes
    end = (takes + 1) * SLOT
    for place in (0, 1, SLOT - 1, SLOT, SLOT + 5, end // 2, end // 2 + 77, end - 1, end, len(data) - 1):
        await put_index(store, data[:place])
        assert await seen_by_another_tab(store) == truth, place


@pytest.fixture
def failing():
    from pyodide.code import run_js

    made = run_js(FAILING)
    yield made
    made.undo()


@in_a_worker
@pytest.mark.firefox_in_soak
@pytest.mark.time_limit(120)
@pytest.mark.parametrize("how", ["crash", *thorough("full disk")])
@pytest.mark.parametrize("verb", [pytest.param("list", marks=pytest.mark.core), "add", "rename", "delete"])
async def test_interrupted_write_leaves_no_wrong_index(store, failing, verb, how):
    """Facts are right in a store that read the index before, in the interrupted one, and in the next one."""
    async with await RecordingStore.open(store.name) as other:
        for number in range(20):
            while len(await other.recordings()) < 3:
                await other.add(small(number), title="a")
            [take, *more] = await other.recordings()
            if more[2:]:
                await other.delete(more[-1].id)
            await other.usage()
            async with await RecordingStore.open(store.name) as writer:
                calls = {
                    "list": writer.recordings,
                    "add": lambda it=writer: it.add(small(9), title="b"),
                    "rename": lambda it=writer, id=take.id, number=number: it.rename(id, f"take {number}"),
                    "delete": lambda it=writer, id=take.id: it.delete(id),
                }
                if verb == "list":
                    await remove_index(store)
                else:
                    await writer.recordings()
                failing.begin(how, number)
                try:
                    with suppress(MediaError):
                        await calls[verb]()
                finally:
                    reached = failing.end()
                left = await index_of(store) if await has_index(store) else None
                seen = [await facts_of(one) for one in ([writer, other] if how == "full disk" else [other])]
                await (put_index(store, left) if left is not None else remove_index(store))
                async with await RecordingStore.open(store.name) as another:
                    seen.append(await facts_of(another))
                await remove_index(store)
                async with await RecordingStore.open(store.name) as another:
                    truth = await facts_of(another)
                assert all(each == truth for each in seen), (number, seen, truth)
            if not reached:
                break
        assert 2 <= number < 19, "each write was interrupted once"


@pytest.mark.lane("chromium-worker")
@pytest.mark.core
@pytest.mark.time_limit(120)
@pytest.mark.parametrize("verb", ["list", "add"])
async def test_rename_while_a_take_is_read_is_not_overwritten(store, verb):
    """The other tab renames before each use of the index in turn."""
    from pyodide.code import run_js

    between = run_js(BETWEEN)
    renamed = 0
    async with await RecordingStore.open(store.name) as other:
        for number in range(6):
            if verb == "list":
                await store.add(small(number), title="old")
                await (await folder_of(store)).removeEntry(INDEX)

            async def rename(number=number):
                nonlocal renamed
                for take in await other.recordings():
                    if take.title == "old":
                        renamed += 1
                        await other.rename(take.id, f"new {number}")

            proxy = create_proxy(rename)
            between(f"mediarecorder-store-{store.name}/index", number, proxy)
            try:
                await (store.recordings() if verb == "list" else store.add(small(number), title="old"))
            finally:
                js.Reflect.deleteProperty(js.navigator.locks, "request")
                proxy.destroy()
            seen = await seen_by_another_tab(store)
            assert seen == await truth_of(store), number
            await store.clear()
    assert renamed >= 2
