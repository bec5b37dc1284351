"""A Flet app for `flet publish`: it records when a button is pressed, and plays the recording."""

import asyncio

import flet as ft
import flet_audio

import mediarecorder

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
            data = await recording.bytes()
            facts = f"{recording.size == len(data) > 0} {recording.duration > 0.8}"
            length = asyncio.get_running_loop().create_future()
            player = flet_audio.Audio(
                src=data, on_duration_change=lambda event: length.set_result(event.duration)
            )
            page.services.append(player)
            page.update()
            say(f"Recorded: {facts}; the player has {(await length).in_milliseconds > 800}")
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
        said,
    )


ft.run(main)
