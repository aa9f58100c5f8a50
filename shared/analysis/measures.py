"""What an entry of the catalogue says of a measure."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.analysis.statistics import NotMeasured, Statistic
from shared.analysis.track import Track
from shared.measurements.model import MediaType

IMAGES: Final = frozenset({MediaType.IP, MediaType.IW})
VIDEOS: Final = frozenset({MediaType.VS, MediaType.VM})
ONE_PERSON: Final = frozenset({MediaType.VS})  # videos of


class Group(StrEnum):
    """What of a face a measure of how it moves and looks is about."""

    HEAD = "head"
    EYES = "eyes and brows"
    MOUTH = "mouth"
    FACE = "whole face"
    PICTURE = "picture"
    FAULTS = "faults"
    SOUND = "sound"


MIN_FRAMES: Final = 10
"""Confident frames that a statistic over a clip needs: a third of a second at 30 a second."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One entry. `lower` and `upper` are the ends of its scale; None is open."""

    code: str
    words: str
    unit: str
    definition: str
    source: str
    compute: Callable[[Track], Statistic | NotMeasured]
    types: frozenset[MediaType] = VIDEOS
    lower: float | None = 0.0
    upper: float | None = None
    aus: tuple[str, ...] = ()
    """Action Units it rests on: one of low validity makes it one of low validity."""
    signals: tuple[str, ...] = ()  # of the engine, without which it cannot be had
    shape: bool = False
    """It is about how its Action Units move, not how much: of low validity where one hardly did."""
    needs_movement: bool = False  # at least one Action Unit of better than low validity
    min_frames: int = MIN_FRAMES  # confident ones; 1 for an image
    min_seconds: float = 0.0  # in which the face was seen
    min_fps: float = 0.0
    tolerance: float = 0.0
    """A difference that means nothing: the least deviation of a learned parameter."""
    by_frame: bool = False
    """In a video, judged frame by frame as well."""
    relative: bool = False
    """It is told against another recording, which a parameter names."""
    group: Group | None = None  # None: it is about Action Units
