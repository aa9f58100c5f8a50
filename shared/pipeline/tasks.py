"""What an engine is asked to do with a job's media: within which limits, and as which type."""

from typing import Final

from shared.measurements.model import Facts, MediaType, Options
from shared.media import formats
from shared.media.formats import Kind
from shared.platform.errors import Code, MediaError
from shared.platform.settings import Settings

PROBE_TIMEOUT_SECONDS: Final = 60


def options(settings: Settings) -> Options:
    return Options(
        confidence_threshold=settings.confidence_threshold,
        max_pixels=settings.max_megapixels * 1_000_000,
        max_frames=settings.max_video_frames,
    )


def fitting_type(kind: Kind, asked: str | None) -> MediaType:
    """The type to measure as; raises MediaError where what was asked for does not fit."""
    if asked is None:  # a CSV's content says how many faces it is of: the most is asked for
        return MediaType.VM if kind is Kind.CSV else formats.default_type(kind)
    chosen = MediaType(asked)
    if kind is not Kind.CSV and chosen.is_image != (kind is Kind.IMAGE):
        fitting = "IP or IW" if kind is Kind.IMAGE else "VS or VM"
        raise MediaError(
            Code.TYPE_MISMATCH,
            f"The file is {'an image' if kind is Kind.IMAGE else 'a video'}, "
            f"but type {chosen} was asked for. Use {fitting}, or leave the type out.",
        )
    return chosen


def measured_type(asked: MediaType, facts: Facts) -> MediaType:
    """The type of the report: what was asked for, unless the measurement says otherwise."""
    said = facts.settings.get("type")
    return MediaType(said) if isinstance(said, str) else asked
