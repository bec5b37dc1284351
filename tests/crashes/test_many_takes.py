"""A store of thousands of takes: except for listing, its calls cost no more than with a few takes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from killable import Profile

pytestmark = pytest.mark.soak

FILL = """
store = await RecordingStore.open("many")
small = Recording(js.Blob.new([js.Uint8Array.new(1000)]), "video/webm", duration=1.5)
for number in range(5000):
    added = await store.add(small, title=f"Take {number}")
"null"
"""
LOOK = """
store = await RecordingStore.open("many")
listed = await store.recordings()
usage = await store.usage()
root = await js.navigator.storage.getDirectory()
await (await root.getDirectoryHandle("mediarecorder-store-many")).removeEntry("index")
again = await store.recordings()
json.dumps([len(listed), sorted(listed) == sorted(again), (await store.usage()).used == usage.used])
"""


def test_five_thousand_takes_are_listed_alike_with_and_without_index(
    profile: Callable[[str], Profile],
) -> None:
    chromium = profile("chromium")
    chromium.open()
    chromium.run(FILL)
    chromium.kill()
    chromium.open()
    assert chromium.run(LOOK) == [5000, True, True]
