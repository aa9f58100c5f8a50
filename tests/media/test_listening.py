"""Sound of every kind comes out at its place; what is broken costs only itself."""

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shared.analysis.same_sound import SharedSound, shared_sound
from shared.analysis.sound import speech_spans
from shared.measurements.model import Options
from shared.measurements.sound import Heard, Sound, to_bytes
from shared.media import listening
from shared.media.listening import listen
from tests import media_factory
from tests.media_factory import Clip
from tests.speech import RATE, Floats, babble, film, heard

VOICE = babble(12, seed=1)


def sound_of(path: Path) -> Sound:
    found = listen(path, Options())
    assert found.warnings() == []
    assert found.sound is not None
    return found.sound


def lag_of(sound: Sound) -> SharedSound:
    """Against what it was made from."""
    shared = shared_sound(heard(VOICE.samples), sound)
    assert isinstance(shared, SharedSound), shared
    return shared


KINDS: dict[str, dict[str, Any]] = {
    "aac.mp4": {},
    "slow aac.mp4": {"rate": 16_000},
    "stereo aac.mov": {"rate": 44_100, "layout": "stereo"},
    "mp3.mp4": {"codec": "libmp3lame", "rate": 24_000},
    "mp3.mkv": {"codec": "libmp3lame", "rate": 44_100, "layout": "stereo"},
    "opus.mkv": {"codec": "libopus"},
    "opus.mp4": {"codec": "libopus", "rate": 24_000},
    "telephone.mkv": {"codec": "pcm_s16le", "rate": 8_000},
    "pcm.mov": {"codec": "pcm_s16le", "rate": 22_050},
    "pcm.avi": {"codec": "pcm_s16le"},
    "doubles.mkv": {"codec": "pcm_f64le", "rate": 96_000},
    "flac.mkv": {"codec": "flac"},
    "5.1.mkv": {"codec": "pcm_f32le", "layout": "5.1"},
    "twelve channels.mkv": {"codec": "pcm_s16le", "layout": "12 channels"},
}


@pytest.mark.parametrize("name", KINDS)
def test_the_same_sound_at_the_same_place(tmp_path: Path, name: str) -> None:
    sound = sound_of(film(tmp_path / name, VOICE.samples, **KINDS[name]))
    shared = lag_of(sound)
    assert shared.correlation > 0.99
    assert shared.lag == pytest.approx(0.0, abs=0.002)
    assert abs(shared.lags).max() < 0.003
    assert sound.duration == pytest.approx(12.0, abs=0.2)


PLACES: dict[str, tuple[dict[str, Any], float]] = {
    "sound begins later.mkv": ({"starts": (0.7,)}, 0.7),
    "picture begins later.mkv": ({"picture_start": 1.5}, -1.5),
    "both begin later.mkv": ({"starts": (2.0,), "picture_start": 1.5}, 0.5),
    "picture begins later.mp4": ({"picture_start": 1.0}, -1.0),
    "pictures end early.mp4": ({"seconds": 5.0}, 0.0),
}


@pytest.mark.parametrize("name", PLACES)
def test_the_first_picture_is_zero(tmp_path: Path, name: str) -> None:
    how, start = PLACES[name]
    sound = sound_of(film(tmp_path / name, VOICE.samples, **how))
    assert sound.start == pytest.approx(start, abs=0.002)
    assert lag_of(sound).lag == pytest.approx(start, abs=0.002)


def test_a_gap_in_the_times_is_silence(tmp_path: Path) -> None:
    path = film(tmp_path / "gap.mkv", VOICE.samples, codec="flac", starts=(0.0, 8.0))
    sound = sound_of(path)  # two parts of 6 s
    assert sound.duration == pytest.approx(14.0, abs=0.2)
    assert sound.peaks[605:795].max() == 0.0
    lags = lag_of(sound).lags
    assert set(np.round(lags, 2)) <= {0.0, 2.0}


def test_what_overlaps_was_heard_first(tmp_path: Path) -> None:
    path = film(tmp_path / "overlap.mkv", VOICE.samples, codec="pcm_s16le", starts=(0.0, 5.7))
    sound = sound_of(path)
    assert sound.duration == pytest.approx(11.7, abs=0.2)
    late = heard(VOICE.samples[round(6.5 * RATE) :], start=6.5)
    shared = shared_sound(late, sound)
    assert isinstance(shared, SharedSound)
    assert shared.lag == pytest.approx(-0.3, abs=0.002)


def test_a_clock_that_starts_again_goes_on(tmp_path: Path) -> None:
    path = film(tmp_path / "again.mkv", VOICE.samples, codec="pcm_s16le", starts=(3.0, 0.0))
    shared = lag_of(sound_of(path))
    assert shared.seconds > 10
    assert shared.lag == pytest.approx(3.0, abs=0.002)


def test_speech_is_found_where_it_is(tmp_path: Path) -> None:
    sound = sound_of(film(tmp_path / "clip.mp4", VOICE.samples))
    times = np.arange(0, 12, 0.01)
    said, found = np.zeros(len(times), bool), np.zeros(len(times), bool)
    for syllable in VOICE.syllables:
        said |= (times >= syllable.start) & (times < syllable.stop)
    for span in speech_spans(sound):
        found |= (times >= span.start) & (times < span.stop)
    assert (said == found).mean() > 0.85


@pytest.mark.parametrize("kind", ["noise", "tone", "silence"])
def test_what_is_no_speech_is_not_taken_for_it(tmp_path: Path, kind: str) -> None:
    samples = {
        "noise": 0.1 * np.random.default_rng(1).standard_normal(6 * RATE),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * np.arange(6 * RATE) / RATE),
        "silence": np.zeros(6 * RATE),
    }[kind]
    assert speech_spans(sound_of(film(tmp_path / "clip.mp4", samples))) == ()


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", VOICE.samples)
    assert to_bytes(sound_of(path)) == to_bytes(sound_of(path))


def test_a_clip_without_sound_has_none(tmp_path: Path) -> None:
    assert listen(Clip().write(tmp_path / "mute.mp4"), Options()) == Heard(None)


def test_damage_costs_only_itself(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", VOICE.samples, codec="flac")
    broken = media_factory.corrupted(whole, tmp_path / "broken.mkv", start=0.5, stop=0.52)
    found = listen(broken, Options())
    assert found.sound is not None
    assert found.unreadable
    assert "The sound is damaged" in found.warnings()[0]
    shared = lag_of(found.sound)
    assert shared.seconds > 8
    assert shared.lag == pytest.approx(0.0, abs=0.003)


def test_a_file_that_was_cut_off_is_heard_to_its_end(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", VOICE.samples)
    found = listen(media_factory.truncated(whole, tmp_path / "cut.mkv", keep=0.5), Options())
    assert found.sound is not None
    assert 3 < found.sound.duration < 9
    assert lag_of(found.sound).lag == pytest.approx(0.0, abs=0.003)


def test_numbers_that_are_none_do_no_harm(tmp_path: Path) -> None:
    samples = VOICE.samples.copy()
    samples[5 * RATE : 5 * RATE + 50] = np.nan
    samples[7 * RATE : 7 * RATE + 50] = np.inf
    sound = sound_of(film(tmp_path / "wild.mkv", samples, codec="pcm_f32le", rate=RATE))
    assert sound.peaks.max() <= 1.0
    assert np.isfinite(sound.waveform).all()
    shared = lag_of(sound)
    assert shared.lag == pytest.approx(0.0, abs=0.003)


def test_no_more_is_heard_than_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "MAX_SECONDS", 8.0)
    found = listen(film(tmp_path / "long.mp4", VOICE.samples), Options())
    assert found.sound is not None
    assert found.sound.duration == pytest.approx(8.0)
    assert "Only the first" in found.warnings()[0]


def test_a_gap_without_end_is_no_silence_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "MAX_SECONDS", 16.0)
    path = film(tmp_path / "far.mkv", VOICE.samples, codec="pcm_s16le", starts=(0.0, 90_000.0))
    found = listen(path, Options())
    assert found.sound is not None
    assert found.sound.duration == pytest.approx(16.0)


def test_the_sound_is_never_decoded_whole(tmp_path: Path) -> None:
    def peak(samples: Floats) -> int:
        path = film(tmp_path / "clip.mkv", samples, codec="pcm_s16le", rate=RATE)
        tracemalloc.start()
        try:
            listen(path, Options())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(VOICE.samples[:RATE])  # what is loaded once
    long = np.tile(VOICE.samples, 10)
    assert peak(long) < 2 * len(long)  # bytes: decoded whole, each sample would take four
