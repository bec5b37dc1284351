# A sine generator: three tones, as a new take and from the loudspeaker.
from array import array
from math import pi, sin

from mediarecorder import AudioSamples

RATE, SECONDS = 48000, 0.5
numbers = array("f")
for hertz in (440, 554.37, 659.26):
    numbers.extend(0.3 * sin(2 * pi * hertz * k / RATE) for k in range(round(SECONDS * RATE)))

sound = AudioSamples(numbers, RATE)
await keep(await sound.to_recording("wav"), "Tones")
playback = sound.play()
await playback
print(f"{playback.position:.1f} s were played")
