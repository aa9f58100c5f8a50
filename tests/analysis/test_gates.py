"""Faults that need no learning, each found where it is and not where it is not."""

import numpy as np
import pytest

from shared.analysis import disorder, pacing
from shared.analysis.gates import GATES
from shared.analysis.measuring import MeasuredRecording
from shared.analysis.series import Floats
from tests.analysis.living import living, signals, sway
from tests.analysis.synthetic import Signal, found

RATES = (24.0, 25.0, 30.0, 50.0, 60.0)


def broken(measured: MeasuredRecording) -> dict[str, list[tuple[float, float]]]:
    """Codes of broken gates, and when [s]."""
    track = measured.faces[0].track
    values = {gate: found(measured, gate.measure.code).value for gate in GATES}
    return {
        gate.measure.code: list(gate.spans(track))
        for gate, value in values.items()
        if value is not None and not gate.holds(value)
    }


@pytest.mark.parametrize("fps", RATES)
def test_a_living_face_breaks_none(fps: float) -> None:
    assert broken(living(fps=fps)) == {}


def test_absence() -> None:
    (spans,) = broken(living(seen=lambda t: (t < 6).astype(float))).values()
    (span,) = spans
    assert span == pytest.approx((6.0, 14.0))


@pytest.mark.parametrize("fps", RATES)
def test_a_picture_that_stands(fps: float) -> None:
    def change(times: Floats) -> Floats:
        return np.where((times > 5) & (times < 8), 0.01, 4.0)

    faults = broken(living(fps=fps, other={"picture_change": change}))
    (span,) = faults["longest_still_picture"]
    assert span == pytest.approx((5.0, 8.0), abs=0.05)


def test_a_dark_picture_changes_less() -> None:
    dark: dict[str, Signal] = {"face_brightness": 30.0, "picture_change": 0.1}
    assert broken(living(other=dark)) == {}
    assert broken(living(other=dark | {"picture_change": 0.02})).keys() == {
        "longest_still_picture",
        "new_pictures",
    }


def test_every_second_picture_held() -> None:
    def change(times: Floats) -> Floats:
        return np.where(np.arange(len(times)) % 2, 0.05, 4.0)

    faults = broken(living(other={"picture_change": change}))
    assert faults == {"new_pictures": [(0.0, 14.0)]}
    assert broken(living(fps=60.0, other={"picture_change": change})) == {}  # 30 a second will do


def test_an_unknown_change_is_no_fault() -> None:
    assert broken(living(other={"picture_change": np.nan})) == {}


@pytest.mark.parametrize("every", [2, 3])
def test_pictures_that_are_blends(every: int) -> None:
    def unsteadiness(times: Floats) -> Floats:
        blend = (np.arange(len(times)) % every == 1) & (times > 6) & (times < 12)
        return np.where(blend, 0.3, 2.0)

    other: dict[str, Signal] = {"picture_unsteadiness": unsteadiness}
    spans = broken(living(other=other))["blended_pictures"]
    assert all(begin < 12 and end > 6 for begin, end in spans)
    assert (spans[0][0], spans[-1][1]) == pytest.approx((6, 12), abs=2)
    assert broken(living(fps=60.0, other=other)) == {}  # 30 a second will do


def test_grain_that_comes_and_goes_is_no_blend() -> None:
    def unsteadiness(times: Floats) -> Floats:
        return np.where(np.arange(len(times)) % 7, 1.0, 4.0)

    assert broken(living(other={"picture_unsteadiness": unsteadiness})) == {}


def test_pictures_swapped_in_pairs() -> None:
    def swapped(signal: Signal) -> Signal:
        def drawn(times: Floats) -> Floats:
            shown = np.asarray(signal(times) if callable(signal) else np.full(len(times), signal))
            pairs = np.arange(len(times)) ^ 1
            return np.where(times < 6, shown[np.minimum(pairs, len(times) - 1)], shown)

        return drawn

    other = {name: swapped(signals(1)[name]) for name in disorder.SIGNALS}
    assert list(broken(living(other=other))) == ["disordered_pictures", "uneven_steps"]
    assert "disordered_pictures" in broken(living(other=other, fps=50.0))


def test_a_place_that_is_noise_is_in_order() -> None:
    def noise(seed: int) -> Signal:
        return lambda times: np.random.default_rng(seed).normal(0.0, 0.001, len(times))

    other = {name: noise(seed) for seed, name in enumerate(disorder.SIGNALS)}
    assert broken(living(other=other)) == {}


def test_pictures_shown_twice_are_in_order() -> None:
    def held(signal: Signal) -> Signal:
        def drawn(times: Floats) -> Floats:
            shown = np.floor(times * 30 + 1e-6) / 30
            return np.asarray(signal(shown) if callable(signal) else np.full(len(times), signal))

        return drawn

    def change(times: Floats) -> Floats:
        return np.where(np.arange(len(times)) % 2, 0.0, 4.0)

    other = {name: held(signals(1)[name]) for name in disorder.SIGNALS}
    assert broken(living(fps=60.0, other=other | {"picture_change": change})) == {}


@pytest.mark.parametrize("fps", RATES)
def test_every_third_picture_missing(fps: float) -> None:
    def skipping(signal: Signal) -> Signal:
        def drawn(times: Floats) -> Floats:
            shown = np.floor(np.arange(len(times)) * 1.5) / fps
            return np.asarray(signal(shown) if callable(signal) else np.full(len(times), signal))

        return drawn

    other = {name: skipping(signals(1)[name]) for names in pacing.PLACES for name in names}
    assert list(broken(living(fps=fps, other=other))) == ["uneven_steps"]


@pytest.mark.parametrize(
    ("taken", "shown"), [(30, 25), (30, 24), (50, 30), (60, 25), (60, 24), (24, 60)]
)
def test_another_rate_is_no_fault(taken: int, shown: int) -> None:
    """The nearest earlier picture, as a player or an editor shows it."""

    def places(times: Floats) -> Floats:
        return np.floor(times * taken + 1e-6) / taken

    def rated(signal: Signal) -> Signal:
        def drawn(times: Floats) -> Floats:
            return np.asarray(
                signal(places(times)) if callable(signal) else np.full(len(times), signal)
            )

        return drawn

    def change(times: Floats) -> Floats:
        return np.where(np.diff(places(times), prepend=-1.0) > 0, 4.0, 0.0)

    other = {name: rated(signals(1)[name]) for names in pacing.PLACES for name in names}
    assert broken(living(fps=shown, other=other | {"picture_change": change})) == {}


def test_a_coarse_encoding() -> None:
    def quantiser(times: Floats) -> Floats:
        known = np.where(np.arange(len(times)) % 3, np.nan, 30.0)
        return np.where(times < 7, known + 11, known)

    faults = broken(living(other={"quantiser": quantiser}))
    assert faults == {"coarse_encoding": [(0.0, 7.0)]}
    assert broken(living(other={"quantiser": np.nan})) == {}  # another codec


@pytest.mark.parametrize("backwards", [False, True])
def test_a_loop(backwards: bool) -> None:
    def again(signal: Signal) -> Signal:
        def looped(times: Floats) -> Floats:
            inside = times % 3.0
            place = np.where(times // 3 % 2, 3.0 - inside, inside) if backwards else inside
            return np.asarray(signal(place) if callable(signal) else np.full(len(place), signal))

        return looped

    other = {name: again(signal) for name, signal in signals(1).items()}
    assert list(broken(living(other=other))) == ["repeated_movement"]


def test_a_face_partly_outside() -> None:
    def inside(times: Floats) -> Floats:
        return np.where(times < 7, 1.0, 0.6)

    parts: dict[str, Signal] = {"inside_mouth": inside, "inside_eyes": 1.0, "inside_brows": 1.0}
    (spans,) = broken(living(other=parts)).values()
    (span,) = spans
    assert span == pytest.approx((7.0, 14.0))


def test_a_second_face() -> None:
    def others(times: Floats) -> Floats:
        return np.where((times >= 4) & (times < 6), 1.0, 0.0)

    assert broken(living(other={"other_faces": others})) == {
        "second_face": [pytest.approx((4.0, 6.0))]
    }


def test_a_face_for_a_moment_is_none() -> None:
    def others(times: Floats) -> Floats:
        return np.where((times >= 4) & (times < 4.4), 1.0, 0.0)

    assert broken(living(other={"other_faces": others})) == {}


def test_a_still_head_repeats_nothing() -> None:
    """What hardly moves resembles everything; that is the rule's to judge."""
    still = {name: sway(3, 1.0, 1e-4) for name in signals(1) if name != "picture_change"}
    assert "repeated_movement" not in broken(living(other=still | {"eye_distance": 90.0}))
