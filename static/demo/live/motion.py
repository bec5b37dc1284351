# Record only while something moves: the camera watches for ten seconds, and each movement becomes a take.
from operator import sub

from mediarecorder import MediaRecorder, media_devices

with await media_devices.get_user_media(video=True) as camera:
    recorder, before, moved = MediaRecorder(camera), None, 0
    async for frame in camera.frames(width=64, format="gray", frame_rate=10):
        pixels = memoryview(frame).cast("B")  # a byte for each pixel
        change = sum(map(abs, map(sub, pixels, before or pixels))) / len(pixels)
        before, now = pixels, frame.timestamp
        if 100 * change / 255 >= 2:  # percent of the full brightness
            moved = now
            if recorder.state == "inactive":
                recorder.start()
                print(f"{now:.1f} s: something moves")
        if recorder.state == "recording" and (now - moved > 0.5 or now >= 10):
            await keep(await recorder.stop(drain=True), "Movement")
            print(f"{now:.1f} s: it was still")
        if now >= 10:
            break
