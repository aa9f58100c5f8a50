"""Sound that is speech enough for a detector of speech, made by the project itself.

    voice = babble(20, seed=1)
    film(tmp_path / "clip.mp4", voice.samples)

A voice is pulses through the resonances of a vowel; syllables come in phrases, with pauses. The
mouth opens with each syllable. Deterministic.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from shared.measurements.sound import Sound
from tests.faces import Scene

RATE: Final = 16_000  # [1/s]

Floats = NDArray[np.float64]

_VOWELS: Final = ((730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480),
                  (570, 840, 2410))  # fmt: skip
"""Resonances [Hz] of a, i, u, e, o: Peterson & Barney 1952, J. Acoust. Soc. Am. 24:175."""


@dataclass(frozen=True, slots=True)
class Syllable:
    start: float  # [s]
    stop: float


@dataclass(frozen=True, slots=True)
class Voice:
    samples: Floats  # mono, `RATE` a second, within -1..1
    syllables: tuple[Syllable, ...]

    def opening(self, times: Floats) -> Floats:
        """Of a mouth that says it [eye distances]."""
        opening = np.full(len(times), 0.02)
        for number, syllable in enumerate(self.syllables):
            phase = (times - syllable.start) / (syllable.stop - syllable.start)
            height = 0.05 + 0.05 * (number * 7 % 5) / 4
            opening += np.where((phase > 0) & (phase < 1), height * np.sin(np.pi * phase) ** 2, 0)
        return opening


def babble(seconds: float, *, seed: int, pause: float = 0.7) -> Voice:
    """Phrases of five to nine syllables, `pause` [s] and a little more between them."""
    generator = np.random.default_rng(seed)
    samples = np.zeros(round(seconds * RATE))
    syllables: list[Syllable] = []
    time, left = 0.4, 6
    pitch = generator.uniform(105, 180)
    while (length := generator.uniform(0.16, 0.3)) + time < seconds - 0.3:
        sound = _syllable(length, pitch * generator.uniform(0.85, 1.2), generator)
        start = round(time * RATE)
        samples[start : start + len(sound)] += sound
        syllables.append(Syllable(time, time + length))
        left -= 1
        time += length
        if not left:
            time += pause + generator.uniform(0, 0.3)
            left = int(generator.integers(5, 10))
    samples += 1e-4 * generator.standard_normal(len(samples))
    return Voice(0.5 * samples / np.abs(samples).max(), tuple(syllables))


def _syllable(length: float, pitch: float, generator: np.random.Generator) -> Floats:
    times = np.arange(round(length * RATE)) / RATE
    glide = pitch * (1 + generator.uniform(-0.15, 0.05) * times / length)
    phase = np.cumsum(glide) / RATE
    pulses = np.diff(np.floor(phase), prepend=0.0)
    pulses = pulses * generator.uniform(0.9, 1.1, len(pulses)) + 0.01 * generator.standard_normal(
        len(pulses)
    )
    vowel = _VOWELS[int(generator.integers(len(_VOWELS)))]
    ring = np.arange(round(0.04 * RATE)) / RATE
    answer = np.zeros(len(ring))
    for number, resonance in enumerate(vowel):
        width = 60 + 30 * number
        answer += (
            np.exp(-np.pi * width * ring) * np.sin(2 * np.pi * resonance * ring) / (number + 1)
        )
    voiced = np.convolve(pulses, answer)[: len(times)]
    return np.asarray(voiced * np.sin(np.pi * times / length) ** 0.5)


def film(
    path: Path,
    samples: Floats,
    *,
    codec: str = "aac",
    rate: int = 48_000,
    layout: str = "mono",
    starts: tuple[float, ...] = (0.0,),
    picture_start: float = 0.0,
    seconds: float | None = None,
    scene: Scene | None = None,
) -> Path:
    """A clip with this sound (`RATE` samples a second); without a `scene`, of a small grey picture.

    The sound is cut into as many equal parts as there are `starts` [s]; each begins at its own.
    """
    length = len(samples) / RATE if seconds is None else seconds
    muxer = {".mkv": "matroska"}.get(path.suffix)
    options = {"avoid_negative_ts": "disabled"}
    with av.open(str(path), "w", format=muxer, options=options) as file:
        picture = file.add_stream("mpeg4", rate=25)
        size = 64 if scene is None else 320
        picture.width, picture.height, picture.pix_fmt = size, size, "yuv420p"
        picture.bit_rate = 50 * size**2
        picture.codec_context.time_base = Fraction(1, 1000)
        sound = file.add_stream(codec, rate=rate, layout=layout)
        if not isinstance(sound, AudioStream):
            raise TypeError(f"{codec} is no audio codec")
        file.start_encoding()
        _draw(file, picture, picture_start, length, scene)
        parts = np.array_split(samples, len(starts))
        packets = [
            packet
            for part, start in zip(parts, starts, strict=True)
            for packet in _recorded(sound, part, start)
        ]
        for number, packet in enumerate([*packets, *sound.encode(None)]):
            if len(starts) > 1:  # for a muxer to take times that go back: Matroska stores `pts`
                packet.dts = number - 1_000_000
            file.mux(packet)
    return path


def _draw(
    file: OutputContainer, stream: VideoStream, start: float, seconds: float, scene: Scene | None
) -> None:
    width, height = stream.width, stream.height
    grey = np.full((height, width, 3), 128, np.uint8)
    for number in range(round(seconds * 25)):
        picture = grey if scene is None else scene(number / 25, width, height)
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = round(start * 1000) + number * 40, Fraction(1, 1000)
        file.mux(stream.encode(frame))
    file.mux(stream.encode(None))


def _recorded(stream: AudioStream, samples: Floats, start: float) -> Iterator[Any]:
    context = stream.codec_context
    mixer = AudioResampler(
        context.format.name, context.layout.name, context.rate, context.frame_size or 1024
    )
    given = AudioFrame.from_ndarray(samples[None].astype(np.float32), "fltp", "mono")
    given.rate = RATE
    place = round(start * context.rate)
    for frame in (*mixer.resample(given), *mixer.resample(None)):
        frame.pts, frame.time_base = place, Fraction(1, context.rate)
        place += frame.samples
        yield from stream.encode(frame)


def heard(samples: Floats, *, start: float = 0.0) -> Sound:
    """What listening to it comes to, without a file; the pieces of speech are left at 0."""
    units = len(samples) // round(0.16 * RATE)
    samples = samples[: units * round(0.16 * RATE)]
    spectrum = np.fft.rfft(samples)
    frequencies = np.fft.rfftfreq(len(samples), 1 / RATE)
    spectrum[(frequencies < 90) | (frequencies > 350)] = 0
    waveform = np.fft.irfft(spectrum[: units * 80 + 1], units * 160)
    peaks = np.abs(samples.reshape(-1, 160)).max(axis=1)
    silent = np.zeros(units * 5, np.float32)
    return Sound.of(start, silent, peaks.astype(np.float32), waveform.astype(np.float32))
