"""Charts say what the numbers say."""

import re

import pytest

from shared.pages.charts import Scale, bullet, change, nice, scale_for, sparkline


def test_a_bullet_puts_value_and_band_on_their_scale() -> None:
    svg = bullet(Scale(0, 5), 1.25, (0.5, 2.0), "1.25", kind="within")
    assert '<rect class="band" x="100" y="4" width="300" height="16"/>' in svg
    assert '<path class="value" d="M250 2v20"/>' in svg
    assert 'class="bullet within"' in svg


def test_an_open_bound_reaches_to_the_end_and_has_no_edge() -> None:
    svg = bullet(Scale(0, 10), None, (None, 4.0), "none")
    assert 'x="0" y="4" width="400"' in svg
    assert svg.count('class="edge"') == 1
    assert 'class="value"' not in svg


def test_labels_are_text() -> None:
    assert "<script>" not in bullet(Scale(0, 1), 0.5, None, "<script>")


def test_a_value_beyond_the_scale_is_at_its_end() -> None:
    assert Scale(0, 5).place(7) == 1000
    assert Scale(0, 5).place(-1) == 0


def test_a_change_shows_both_values() -> None:
    svg = change(Scale(0, 4), 1, 3, None, "from 1 to 3", kind="better")
    assert re.findall(r'class="(before|way|value)" d="M(\d+)', svg) == [
        ("way", "250"),
        ("before", "250"),
        ("value", "750"),
    ]


def test_a_missing_build_leaves_a_gap() -> None:
    kinds = ["within", None, "not_within"]
    svg = sparkline(Scale(0, 1), [0.0, None, 1.0, 0.5], None, "", kinds=kinds)
    assert 'd="M0 200M667 0L1000 100"' in svg
    assert svg.count('class="dot') == 3
    assert 'class="dot not_within" d="M667 0h0"' in svg


def test_a_line_begins_anew_where_it_was_measured_otherwise() -> None:
    svg = sparkline(Scale(0, 1), [0.0, 0.5, 1.0], None, "", breaks=[1])
    assert 'class="trace" d="M0 200M500 100L1000 0"' in svg
    assert '<path class="break" d="M250 -14v228"/>' in svg


@pytest.mark.parametrize(
    ("value", "end"), [(0, 1), (0.07, 0.1), (0.2, 0.2), (1.01, 2), (2.4, 2.5), (4, 5), (23, 25)]
)
def test_scales_end_at_round_numbers(value: float, end: float) -> None:
    assert nice(value) == pytest.approx(end)


def test_an_open_scale_has_room_for_every_value() -> None:
    scale = scale_for([3.0, None, 40.0], 0.0, None)
    assert scale.low == 0
    assert scale.high > 40
    assert scale_for([], 0.0, None).high == 1
    assert scale_for([0.9], most=1.0).high == 1
    assert scale_for([-3.0], None, 1.0).low == -3
