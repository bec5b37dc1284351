# Which note is it? The strongest frequency of the loudest half second.
from cmath import exp
from math import cos, log, log2, pi, sumprod


def fft(x):  # the transforms of both halves, put together
    if len(x) == 1:
        return x
    even, odd = fft(x[0::2]), fft(x[1::2])
    odd = [exp(-2j * pi * k / len(x)) * value for k, value in enumerate(odd)]
    return [*map(complex.__add__, even, odd), *map(complex.__sub__, even, odd)]


blocks = take.sample_blocks(0.5, sample_rate=8192, channels=1)
sounds = [memoryview(block).cast("B").cast("f") async for block in blocks]
loudest = max(sounds, key=lambda sound: sumprod(sound, sound))
assert max(loudest) > 0.001, "this take is silent"

# Fade in and out, so that the cut is not heard, and add silence up to 4096 samples.
faded = [(1 - cos(pi * n / 2048)) * x + 0j for n, x in enumerate(loudest)]
level = [log(abs(x) + 1e-9) for x in fft(faded + [0j] * (4096 - len(faded)))]
k = max(range(1, 2047), key=level.__getitem__)
left, top, right = level[k - 1 : k + 2]
frequency = 2 * k + (left - right) / (left - 2 * top + right)  # steps are 2 Hz wide

steps = 12 * log2(frequency / 440)  # semitones above A4
note = "A A# B C C# D D# E F F# G G#".split()[round(steps) % 12]
octave, cents = 4 + (round(steps) + 9) // 12, 100 * (steps - round(steps))
print(f"{frequency:.1f} Hz ({note}{octave} {round(cents):+} cents)")
