"""A clip's sound in its file: small, the same again, and nothing hostile is believed."""

import struct
from pathlib import Path

import numpy as np
import pytest

from shared.measurements import sound
from shared.measurements.sound import MAX_SECONDS, UNIT_SECONDS, Sound, from_bytes, to_bytes

HEADER = struct.Struct("<8sIId")


def example(units: int = 4, start: float = -0.02) -> Sound:
    generator = np.random.default_rng(3)
    return Sound.of(
        start,
        generator.random(units * 5, np.float32),
        generator.random(units * 16, np.float32),
        generator.standard_normal(units * 160, np.float32),
    )


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    given = example()
    sound.write(given, tmp_path / "sound.bin")
    found = sound.read(tmp_path / "sound.bin")
    assert found is not None
    assert found.start == given.start
    assert found.duration == pytest.approx(4 * UNIT_SECONDS)
    for name in ("speech", "peaks", "waveform"):
        assert np.array_equal(getattr(found, name), getattr(given, name))
    assert to_bytes(found) == to_bytes(given) == (tmp_path / "sound.bin").read_bytes()


def test_an_hour_takes_four_megabytes() -> None:
    assert len(to_bytes(example(round(3600 / UNIT_SECONDS)))) == pytest.approx(4.07e6, rel=0.01)


def test_codes_keep_what_they_stand_for() -> None:
    values = np.linspace(0, 1, 5 * 160, dtype=np.float32)
    coded = Sound.of(0.0, values[:25], values[: 5 * 16], 0.01 * np.sin(np.pi * 8 * values))
    assert np.abs(coded.speech - values[:25]).max() <= 0.5 / 255
    assert np.abs(np.sqrt(coded.peaks) - np.sqrt(values[:80])).max() <= 0.5 / 255 + 1e-6
    wave = np.sin(np.pi * 8 * values)
    assert np.corrcoef(coded.waveform, wave)[0, 1] > 0.9995


def test_silence_stays_silent() -> None:
    nothing = np.zeros(160, np.float32)
    assert not Sound.of(0.0, nothing[:5], nothing[:16], nothing).waveform.any()


def test_series_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="series of 5, 16, 159 items"):
        Sound.of(0.0, *(np.zeros(count, np.float32) for count in (5, 16, 159)))


WHOLE = to_bytes(example())
HOSTILE = {
    "empty": b"",
    "header cut off": WHOLE[: HEADER.size - 1],
    "cut off": WHOLE[:-1],
    "too long": WHOLE + b"\0",
    "another file": b"PK\x03\x04" + bytes(1000),
    "another version": WHOLE[:8] + b"\x02" + WHOLE[9:],
    "no units": HEADER.pack(WHOLE[:8], 1, 0, 0.0),
    "more than there is": HEADER.pack(WHOLE[:8], 1, 2**32 - 1, 0.0) + WHOLE[HEADER.size :],
    "start is no number": HEADER.pack(WHOLE[:8], 1, 4, float("nan")) + WHOLE[HEADER.size :],
    "start is far away": HEADER.pack(WHOLE[:8], 1, 4, 2 * MAX_SECONDS) + WHOLE[HEADER.size :],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_add_up_is_none_of_ours(tmp_path: Path, name: str) -> None:
    assert from_bytes(HOSTILE[name]) is None
    (tmp_path / "sound.bin").write_bytes(HOSTILE[name])
    assert sound.read(tmp_path / "sound.bin") is None


def test_longer_than_may_be_is_not_read() -> None:
    units = round(MAX_SECONDS / UNIT_SECONDS) + 1
    assert from_bytes(HEADER.pack(WHOLE[:8], 1, units, 0.0) + bytes(units * 181)) is None
