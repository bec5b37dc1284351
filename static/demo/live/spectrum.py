# Which tones are in your voice? A spectrum that moves for ten seconds while you speak, sing or whistle.
from math import cos, hypot, log10, pi, sin, sumprod

from mediarecorder import media_devices

RATE, SIZE = 8000, 800  # samples in a second, and in a block
tones = [100 * 2 ** (step / 6) for step in range(32)]  # hertz, six in each octave
waves = [[[wave(2 * pi * hertz * k / RATE) for k in range(SIZE)] for wave in (cos, sin)] for hertz in tones]

with await media_devices.get_user_media(audio=True) as microphone:
    async for block in microphone.blocks(SIZE / RATE, sample_rate=RATE, channels=1):
        samples = memoryview(block).cast("B").cast("f")
        if len(samples) < SIZE or block.timestamp >= 10:
            break
        parts = [hypot(*(sumprod(samples, wave) for wave in pair)) for pair in waves]
        levels = [20 * log10(2 * part / SIZE + 1e-4) for part in parts]  # silence is -80 dB
        clear()
        chart(levels, unit="dB", low=-80, high=0)
        print(f"{block.timestamp:.1f} s: strongest at {tones[levels.index(max(levels))]:.0f} Hz")
