"""The bootstrap's shortcuts give what resampling frame by frame gives."""

import numpy as np
import pytest
from numpy.typing import NDArray

from shared.analysis.bootstrap import DRAWS, Resampling, interval, resampling
from shared.analysis.statistics import Extreme, Mean, Quantiles, rounded
from shared.analysis.student import two_sided
from shared.analysis.track import Track
from tests.analysis.synthetic import clip, noise


@pytest.fixture
def track() -> Track:
    return clip(25, 20, {"AU12": noise(3, 2, 1, 20)}, missing=0.2).faces[0].track


def frames_of(sample: Resampling, track: Track, draw: int) -> NDArray[np.intp]:
    """The frames of one draw, one by one."""
    blocks = sample.blocks(track.times)
    repeats = sample.counts[draw]
    return np.concatenate(
        [np.tile(np.flatnonzero(blocks == block), times) for block, times in enumerate(repeats)]
    )


def test_means_match_resampled_frames(track: Track) -> None:
    values = track.intensity("AU12")
    sample = Resampling(track, 5)
    drawn = sample.draws(Mean(values, np.ones(len(track)), track.times))
    assert drawn is not None
    assert len(drawn) == DRAWS
    for draw in range(0, DRAWS, 97):
        assert drawn[draw] == pytest.approx(values[frames_of(sample, track, draw)].mean())


@pytest.mark.parametrize("percent", [5.0, 50.0, 95.0, 100.0])
def test_percentiles_match_resampled_frames(track: Track, percent: float) -> None:
    values = np.round(track.intensity("AU12"), 2)
    sample = Resampling(track, 5)
    drawn = sample.draws(Quantiles(values, track.times, {percent: 1.0}, decimals=2))
    assert drawn is not None
    for draw in range(0, DRAWS, 97):
        expected = np.percentile(values[frames_of(sample, track, draw)], percent)
        assert drawn[draw] == pytest.approx(expected)


def test_the_same_seed_draws_the_same(track: Track) -> None:
    assert np.array_equal(Resampling(track, 1).counts, Resampling(track, 1).counts)
    assert not np.array_equal(Resampling(track, 1).counts, Resampling(track, 2).counts)


def test_an_interval_of_independent_blocks_is_the_textbooks() -> None:
    """Each second has a value of its own, so blocks are independent: the mean's sd is s/sqrt(n)."""
    levels = np.random.default_rng(0).normal(2.5, 0.4, 400)
    measured = clip(25, 400, {"AU12": lambda times: levels[times.astype(int)]})
    sample = resampling(measured.faces[0].track, 0)
    statistic = measured.faces[0].statistic("AU12.level")
    assert sample is not None
    assert statistic is not None
    drawn = sample.draws(statistic)
    assert drawn is not None
    assert drawn.std() == pytest.approx(levels.std() / 20, rel=0.1)
    ends = interval(drawn)
    assert ends is not None
    assert ends == pytest.approx(
        levels.mean() + np.array([-1.96, 1.96]) * levels.std() / 20, abs=0.01
    )


def test_an_extreme_has_no_interval(track: Track) -> None:
    assert Resampling(track, 1).draws(Extreme(3.0)) is None


def test_too_short_a_clip_has_no_interval() -> None:
    assert resampling(clip(25, 7, {}).faces[0].track, 0) is None
    assert resampling(clip(25, 8, {}).faces[0].track, 0) is not None


def test_draws_without_a_value_have_no_interval() -> None:
    assert interval(np.full(DRAWS, np.nan)) is None


def test_rounding_undoes_storage_in_four_bytes() -> None:
    assert rounded(float(np.float32(0.3))) == 0.3
    assert str(rounded(-1e-9)) == "0.0"


@pytest.mark.parametrize(
    ("coverage", "freedom", "expected"),
    [  # from the tables of every textbook
        (0.95, 1, 12.706), (0.95, 2, 4.303), (0.95, 3, 3.182), (0.95, 4, 2.776),
        (0.95, 9, 2.262), (0.95, 30, 2.042), (0.99, 5, 4.032), (0.90, 120, 1.658),
        (0.50, 1, 1.000), (0.50, 2, 0.816),
    ],
)  # fmt: skip
def test_students_t(coverage: float, freedom: int, expected: float) -> None:
    assert two_sided(coverage, freedom) == pytest.approx(expected, abs=5e-4)
