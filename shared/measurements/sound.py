"""A clip's sound in few numbers, and the file that holds them.

    start     [s] of the first sample by the clip's clock, whose 0 is the first picture; negative
              where the sound begins before it
    speech    how likely each piece of 32 ms is speech
    peaks     the loudest sample of each 10 ms, for drawing
    waveform  1000 samples a second of 90 to 350 Hz, for telling whether two clips carry the same
              sound, and at which lag. It cannot be listened to

`listening` makes one from a media file. This module needs no decoder, so it may be imported where
strangers' media must not be decoded.

The file: a header (magic, version, number of units of 0.16 s, start), then the three series, a
byte an item, not compressed: 4.1 MB for an hour. Same sound, same bytes. It lies in a container
that other programs can write to: `read` believes nothing that does not add up.
"""

import hashlib
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

SPEECH_SECONDS: Final = 0.032  # of one piece: what the detector takes
PEAK_SECONDS: Final = 0.01
WAVEFORM_RATE: Final = 1000  # [1/s]
UNIT_SECONDS: Final = 0.16  # 5 pieces, 16 peaks, 160 samples; the last one ends in silence
MAX_SECONDS: Final = 10_800.0
"""What is heard of one clip: three hours, as long as what can be measured at 20 frames a second."""

_COUNTS: Final = (5, 16, 160)  # in a unit
_MAX_UNITS: Final = round(MAX_SECONDS / UNIT_SECONDS)
_MAGIC: Final = b"\x89SOUND\r\n"
_VERSION: Final = 1
_HEADER: Final = struct.Struct("<8sIId")  # magic, version, units, start
_MU: Final = 255.0  # of mu-law: 8 bits over a range of 70 dB

MAX_BYTES: Final = _HEADER.size + _MAX_UNITS * sum(_COUNTS)  # of a file: 12.4 MB

_AT_ONCE: Final = 1 << 16  # samples coded in one step

Floats32 = NDArray[np.float32]
Bytes = NDArray[np.uint8]


def _expanded() -> Floats32:
    """[256] what each code of the waveform, taken as a byte, stands for."""
    shares = np.arange(256).astype(np.uint8).view(np.int8) / 127
    sizes = np.expm1(np.abs(shares) * np.log1p(_MU)) / _MU
    samples: Floats32 = (np.sign(shares) * sizes).astype(np.float32)
    return samples


_EXPANDED: Final = _expanded()


@dataclass(frozen=True, slots=True)
class Sound:
    """Coded as in the file; the properties are what the codes stand for."""

    start: float  # [s]
    speech_codes: Bytes  # probability x 255
    peak_codes: Bytes  # root of the amplitude x 255: what is quiet can still be seen
    waveform_codes: NDArray[np.int8]  # mu-law, of the loudest sample

    def __post_init__(self) -> None:
        """Raises ValueError where the series are not of the same whole units."""
        series = self.speech_codes, self.peak_codes, self.waveform_codes
        if [len(each) for each in series] != [count * self.units for count in _COUNTS]:
            raise ValueError(f"series of {', '.join(str(len(each)) for each in series)} items")

    @classmethod
    def of(cls, start: float, speech: Floats32, peaks: Floats32, waveform: Floats32) -> Self:
        """From probabilities 0..1, amplitudes 0..1 and samples of any scale."""
        return cls(
            start,
            _rounded(speech, 255),
            _rounded(np.sqrt(peaks), 255),
            _compressed(waveform),
        )

    @property
    def units(self) -> int:
        return len(self.speech_codes) // _COUNTS[0]

    @property
    def duration(self) -> float:
        """[s]"""
        return self.units * UNIT_SECONDS

    @property
    def speech(self) -> Floats32:
        """Probability 0..1 per `SPEECH_SECONDS`."""
        return self.speech_codes.astype(np.float32) / np.float32(255)

    @property
    def peaks(self) -> Floats32:
        """Amplitude 0..1 per `PEAK_SECONDS`."""
        amplitudes: Floats32 = (self.peak_codes.astype(np.float32) / np.float32(255)) ** 2
        return amplitudes

    @property
    def waveform(self) -> Floats32:
        """Samples -1..1, `WAVEFORM_RATE` a second; 1 is the loudest."""
        samples: Floats32 = _EXPANDED[self.waveform_codes.view(np.uint8)]
        return samples


@dataclass(slots=True)
class Heard:
    """A clip's sound, and what was not as it should be."""

    sound: Sound | None
    unreadable: int = 0  # packets or frames left out because they could not be decoded
    cut: bool = False  # there is more than `MAX_SECONDS`

    def warnings(self) -> list[str]:
        """Sentences for a person; empty for sound that is whole, or where there is none."""
        places = "one place" if self.unreadable == 1 else f"{self.unreadable:,} places"
        found = {
            f"The sound is damaged: at {places} it could not be decoded. Silence is taken for "
            "what is missing.": self.unreadable,
            f"Only the first {MAX_SECONDS / 3600:g} hours of the sound were listened to.": self.cut,
        }
        return [sentence for sentence, happened in found.items() if happened]


def to_bytes(sound: Sound) -> bytes:
    """The file's content."""
    series = sound.speech_codes, sound.peak_codes, sound.waveform_codes
    header = _HEADER.pack(_MAGIC, _VERSION, sound.units, sound.start)
    return header + b"".join(each.tobytes() for each in series)


def from_bytes(data: bytes) -> Sound | None:
    """The reverse of `to_bytes`; None for what is none of ours, or of another version."""
    if len(data) < _HEADER.size:
        return None
    magic, version, units, start = _HEADER.unpack_from(data)
    if (magic, version) != (_MAGIC, _VERSION) or not abs(start) <= MAX_SECONDS:
        return None
    if not 0 < units <= _MAX_UNITS or len(data) != _HEADER.size + units * sum(_COUNTS):
        return None
    codes = np.frombuffer(data, np.uint8, offset=_HEADER.size)
    speech, peaks, waveform = np.split(codes, np.cumsum(_COUNTS[:2]) * units)
    return Sound(start, speech, peaks, waveform.view(np.int8))


def write(sound: Sound, path: Path) -> str:
    """The file's SHA-256."""
    data = to_bytes(sound)
    path.write_bytes(data)
    return digest(data)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read(path: Path) -> Sound | None:
    """The sound in a file; None for one that `write` has not made. Reads no more than it may be."""
    with path.open("rb") as file:
        return from_bytes(file.read(MAX_BYTES + 1))


def _rounded(values: Floats32, scale: float) -> Bytes:
    codes: Bytes = np.rint(np.clip(values, 0, 1) * scale).astype(np.uint8)
    return codes


def _compressed(samples: Floats32) -> NDArray[np.int8]:
    loudest = max(np.max(samples, initial=0.0), -np.min(samples, initial=0.0))
    codes = np.zeros(len(samples), np.int8)
    for start in range(0, len(samples) if loudest else 0, _AT_ONCE):
        shares = samples[start : start + _AT_ONCE] / loudest
        curve = np.log1p(np.abs(shares) * np.float32(_MU)) / np.float32(np.log1p(_MU))
        codes[start : start + _AT_ONCE] = np.rint(np.sign(shares) * curve * 127)
    return codes
