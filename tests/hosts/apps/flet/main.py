"""A Flet app for `flet publish`: it records when a button is pressed, and plays the recording."""

import asyncio

import flet as ft
import flet_audio
import flet_video

import mediarecorder
from mediarecorder import blocking

CHANNEL = "the-flet-app-of-the-tests-9c1f7b1e-2d4a-4a53-8e0f-6b7d30c5a812"


async def main(page: ft.Page):
    said = ft.Text("Ready")

    def say(text):
        said.value = text
        page.update()

    async def press(event):
        try:
            await mediarecorder.connect(CHANNEL)
            recording = await mediarecorder.record(1)
            whole = recording.size == len(await recording.bytes()) > 0
            length = asyncio.get_running_loop().create_future()
            player = flet_audio.Audio(
                src=recording.url, on_duration_change=lambda event: length.set_result(event.duration)
            )
            page.services.append(player)
            page.update()
            long_enough = recording.duration > 0.8 and (await length).in_milliseconds > 800
            say(f"Recorded: {whole} {long_enough}")
        except Exception as error:
            say(f"Failed: {type(error).__name__}: {error}")

    async def press_video(event):
        try:
            await mediarecorder.connect(CHANNEL)
            recording = await mediarecorder.record(1, video=True)
            player = flet_video.Video(
                playlist=[flet_video.VideoMedia(recording.url)], width=320, height=240, muted=True
            )
            page.add(player)
            while not (length := await player.get_duration()).in_milliseconds:
                await asyncio.sleep(0.1)
            say(f"Recorded a video: {recording.is_video} {length.in_milliseconds > 800}")
        except Exception as error:
            say(f"Failed: {type(error).__name__}: {error}")

    def press_blocking(event):
        try:
            blocking.connect(CHANNEL)
            recording = blocking.record(1)
            say(f"Recorded at once: {recording.size > 0} {recording.duration > 0.8}")
        except Exception as error:
            say(f"Failed: {type(error).__name__}: {error}")

    async def press_unconnected(event):
        try:
            await mediarecorder.record(1)
        except mediarecorder.MediaError as error:
            say(f"Failed: {error}")

    page.add(
        ft.Button("Record unconnected", on_click=press_unconnected),
        ft.Button("Record", on_click=press),
        ft.Button("Record a video", on_click=press_video),
        ft.Button("Record without await", on_click=press_blocking),
        said,
    )


ft.run(main)
