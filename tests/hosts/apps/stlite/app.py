"""A Streamlit app for stlite: it records when a button is pressed, and shows the player."""

import asyncio

import streamlit as st

from mediarecorder import MediaError, Recording, blocking, connect, record

HOSTILE = 'audio/webm;codecs="<img src=x onerror=window.attacked=true>"'

if st.button("Connect in a task"):
    try:
        await asyncio.create_task(connect())
        st.text("Connected")
    except MediaError as error:
        st.text(f"Failed: {error}")

if st.button("Record"):
    recording = await record(1)
    st.html(recording)
    st.html(Recording.from_bytes(b"no media", HOSTILE))
    st.text(f"Recorded: {recording.size == len(await recording.bytes()) > 0} {recording.duration > 0.8}")

if st.button("Record without await"):
    recording = blocking.record(1)
    st.write("Your **recording**:", recording, "and its size:", recording.size)
    st.empty().write(Recording.from_bytes(b"no media", HOSTILE))
    st.text(f"Recorded at once: {recording.size > 0} {recording.duration > 0.8}")
