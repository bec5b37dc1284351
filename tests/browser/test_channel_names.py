"""The names of channels: the page and the worker accept an author's own name only if it has a random part."""

import secrets
import uuid

import pytest

import mediarecorder
from mediarecorder._host.browser import JsException

pytestmark = pytest.mark.page_only("the page opens the channels")

GUESSABLE = [
    pytest.param("", id="empty"),
    "recorder",
    "the channel of my own recording page that nobody knows",
    "my-flet-app-2026-v2-channel-a1",
    "a" * 32,
    "0" * 64,
    "deadbeef-dead-beef-dead-beefdeadbeef",
    "12345678-1234-1234-1234-123456789012",
    "0123456789abcdef0123456789abcdef",
    "fedcba98-7654-3210-fedc-ba9876543210",
    "3f9a1c07-5be2-4d86-a97e",  # a part of a UUID
]
UNGUESSABLE = [
    "3f9a1c07-5be2-4d86-a97e-62c8d01b4f35",
    "3F9A1C07-5BE2-4D86-A97E-62C8D01B4F35",
    "my-flet-app-3f9a1c075be24d86a97e62c8d01b4f35",
    "dead-3f9a1c07-5be2-4d86-a97e-62c8d01b4f35",
]


@pytest.mark.core
@pytest.mark.parametrize("name", GUESSABLE)
async def test_guessable_name_is_refused_on_both_sides(open_channel, name):
    with pytest.raises(JsException, match=r"guessable.*random UUID.*mediarecorder-"):
        open_channel(name)
    with pytest.raises((ValueError, TypeError), match=r"guessable.*random UUID.*mediarecorder-|openChannel"):
        await mediarecorder.connect(name)


@pytest.mark.firefox_in_soak
@pytest.mark.parametrize("name", UNGUESSABLE)
async def test_name_with_a_random_part_is_accepted_on_both_sides(open_channel, name):
    assert open_channel(name) == name
    await mediarecorder.connect(name)


@pytest.mark.firefox_in_soak
async def test_random_names_are_accepted(open_channel):
    await mediarecorder.connect(open_channel())
    for make in (uuid.uuid4, lambda: secrets.token_hex(16)):
        for _ in range(500):
            await mediarecorder.connect(str(make()))


@pytest.mark.firefox_in_soak
async def test_only_a_string_can_name_a_channel(open_channel):
    with pytest.raises(JsException, match="random UUID"):
        open_channel(7)


async def test_worker_records_through_a_channel_of_the_authors_name(start_worker, open_channel):
    name = f"my-app-{uuid.uuid4()}"
    open_channel(name)
    said = await start_worker().run(f"""
import mediarecorder

await mediarecorder.connect("{name}")
recording = await mediarecorder.record(0.5)
str(recording.size == len(await recording.bytes()) > 0)
""")
    assert said == "True"
