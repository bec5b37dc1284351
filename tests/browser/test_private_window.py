"""Firefox's private windows, where the browser keeps no files for a page."""

import pytest

from mediarecorder import RecordingStore, SecurityError, record, take_photo

pytestmark = pytest.mark.lane("firefox-private")


async def test_store_error_says_that_the_window_is_private():
    with pytest.raises(SecurityError, match=r"private window.*ordinary window") as caught:
        await RecordingStore.open()
    assert "localhost" not in str(caught.value)


async def test_everything_else_works_in_a_private_window():
    assert (await take_photo()).size > 0
    recording = await record(0.5, video=True)
    assert (await recording.seekable()).size > 0
    assert (await recording.convert("mp3")).size > 0
    assert (await recording.thumbnail(0)).size > 0


@pytest.mark.soak
async def test_store_error_in_a_worker_says_the_same(open_channel, start_worker):
    source = f"""
import mediarecorder
await mediarecorder.connect("{open_channel()}")
try:
    await mediarecorder.RecordingStore.open()
except mediarecorder.SecurityError as error:
    said = str(error)
f"{{(await mediarecorder.record(0.3)).size > 0}} {{said}}"
"""
    said = await start_worker().run(source)
    assert said.startswith("True")
    assert "private window" in said
