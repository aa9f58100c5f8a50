"""What a person sees of a job."""

import io
from typing import Any

from rich.console import Console

from local.terminal import Steps, measurements, show


def _stream(encoding: str = "utf-8") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def _unit(au: str, mean: float | None, share: float, validity: str = "high") -> dict[str, Any]:
    intensity = None if mean is None else {"mean": mean, "p95": mean + 1}
    return {
        "au": au,
        "words": "lip corner puller",
        "validity": validity,
        "intensity": intensity,
        "presence_share": share,
    }


def _result(frames: int, *units: dict[str, Any], scale: str = "intensity") -> dict[str, Any]:
    face = {
        "face": 0,
        "frames": frames,
        "confident_frames": frames - 1 or 1,
        "action_units": list(units),
    }
    return {"scale": scale, "frames": frames, "faces": [face], "warnings": ["It is dark."]}


def _table(result: dict[str, Any], encoding: str = "utf-8") -> list[str]:
    stream = _stream(encoding)
    console = Console(file=stream, width=200, highlight=False)
    for line in measurements(result, console):
        show(console, line)
    return _text(stream).splitlines()


def test_a_picture() -> None:
    table = _table(_result(1, _unit("AU12", 2.5, 1.0), _unit("AU28", None, 0.0, "low")))
    assert table == [
        "",
        "  Face 0: 1 picture",
        "  AU    movement              intensity 0..5              present  validity",
        "  AU12  lip corner puller      2.50 ██████████            yes      high",
        "  AU28  lip corner puller                                 no       low",
        "  Note: It is dark.",
    ]


def test_a_clip() -> None:
    table = _table(_result(10, _unit("AU12", 1.25, 0.4)))
    assert table[1:4] == [
        "  Face 0: 10 frames, 9 of them measured with confidence",
        "  AU    movement              mean 0..5                   p95   present  validity",
        "  AU12  lip corner puller      1.25 █████                 2.25  40%      high",
    ]


def test_probabilities_have_a_scale_of_their_own() -> None:
    table = _table(_result(1, _unit("AU12", 0.5, 1.0), scale="probability"))
    assert "intensity 0..1" in table[2]
    assert " 0.50 ██████████  " in table[3]


def test_a_terminal_without_unicode() -> None:
    assert " 2.50 ##########.......... " in _table(_result(1, _unit("AU12", 2.5, 1)), "ascii")[3]


def _step(name: str, state: str, message: str = "", attempts: int = 1) -> dict[str, Any]:
    start, end = "2026-11-23T12:00:00.000000Z", "2026-11-23T12:00:01.500000Z"
    return {
        "name": name,
        "state": state,
        "started": start,
        "finished": None if state == "running" else end,
        "attempts": attempts,
        "message": message,
    }


def test_steps_are_shown_once_each() -> None:
    stream = _stream()
    steps = Steps(Console(file=stream, width=200, highlight=False))
    upload = _step("upload", "succeeded", "a.jpg")
    steps.job("a.jpg", {"steps": [upload, _step("extract", "running")], "progress": None})
    steps.job(
        "a.jpg", {"steps": [upload, _step("extract", "failed", "No face.", 2)], "progress": None}
    )
    assert _text(stream).splitlines() == [
        "  ✓ upload     1.50 s  a.jpg",
        "  ✗ extract    1.50 s  No face. (attempt 2)",
    ]
