from js import URL, Blob, document

from mediarecorder import MediaRecorder, media_devices

record = document.querySelector("#record")
stop = document.querySelector("#stop")
state = document.querySelector("#state")
audio = document.querySelector("audio")

try:
    stream = await media_devices.get_user_media(audio=True)
    media_recorder = MediaRecorder(stream)
    chunks = []

    def on_record_click(e):
        media_recorder.start()
        state.textContent = media_recorder.state
        print("recorder started")

    record.onclick = on_record_click

    def on_stop_click(e):
        media_recorder.stop()
        state.textContent = media_recorder.state
        print("recorder stopped")

    stop.onclick = on_stop_click

    def on_stop(e):
        print("data available after stop()")
        blob = Blob.new([chunk.js for chunk in chunks])
        chunks.clear()
        audio.src = URL.createObjectURL(blob)

    media_recorder.onstop = on_stop

    def on_data_available(e):
        chunks.append(e.data)

    media_recorder.ondataavailable = on_data_available
except Exception as err:
    state.textContent = f"The following error occurred: {err}"
