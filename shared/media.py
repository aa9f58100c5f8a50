"""What kind of file the media is, and whether it can be measured: content decides, not the name."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from shared.engines.base import MediaType, Options


class Kind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Format:
    name: str  # "JPEG"
    kind: Kind
    content_type: str  # "image/jpeg"
    extension: str  # ".jpg"


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What `probe` found; JSON-serialisable with dataclasses.asdict."""

    format: str
    kind: Kind
    size: int  # [bytes]
    width: int | None = None  # as displayed
    height: int | None = None
    duration: float | None = None  # [s]
    fps: float | None = None  # mean
    frames: int | None = None  # as the container says; None where it does not


SNIFF_BYTES = 4096  # enough for every signature we know and for the header of an OpenFace CSV


def sniff(head: bytes) -> Format | None:
    """The format of a file that begins with `head`; None when it is none of ours."""
    raise NotImplementedError


def probe(path: Path, options: Options) -> MediaFacts:
    """Open the file as far as needed to know that it can be measured.

    Runs in a child process only (native decoders meet hostile input here): `EnginePool.probe`.
    Raises MediaError with the code and sentence of the refusal.
    """
    raise NotImplementedError


def default_type(kind: Kind) -> MediaType:
    return MediaType.IP if kind is Kind.IMAGE else MediaType.VS
