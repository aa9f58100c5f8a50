"""What kind of file the media is: its first bytes decide, not its name.

Nothing is decoded here and no decoder is imported, so the Functions worker may use all of it.
Whether a file can be measured is for `shared.media.probe` to say.

Odd cases: GIF, TIFF, PDF and archives are no formats of ours, and are called by their names. A
video container with sound alone has a format (its signature is the same) and is refused by `probe`.
An HTML page called `.png` has none.
"""

import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from shared.measurements.csv import looks_like
from shared.measurements.model import MediaType
from shared.platform.errors import Code, MediaError


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
    """What `probe` found."""

    format: str
    kind: Kind
    size: int  # [bytes]
    width: int | None = None  # as displayed
    height: int | None = None
    duration: float | None = None  # [s]
    fps: float | None = None  # mean
    frames: int | None = None  # as the container says; None where it does not
    etag: str | None = None  # of the blob that was measured; None where storage did not say

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "MediaFacts":
        """The reverse of `to_json`; what another version of the app added is left out."""
        known = {item.name: data[item.name] for item in fields(cls) if item.name in data}
        return cls(**(known | {"kind": Kind(data["kind"])}))


SNIFF_BYTES: Final = 16_384  # every signature, and the 6.6 kB header of OpenFace's full CSV

JPEG: Final = Format("JPEG", Kind.IMAGE, "image/jpeg", ".jpg")
PNG: Final = Format("PNG", Kind.IMAGE, "image/png", ".png")
WEBP: Final = Format("WebP", Kind.IMAGE, "image/webp", ".webp")
AVIF: Final = Format("AVIF", Kind.IMAGE, "image/avif", ".avif")
HEIC: Final = Format("HEIC", Kind.IMAGE, "image/heic", ".heic")
BMP: Final = Format("BMP", Kind.IMAGE, "image/bmp", ".bmp")
MP4: Final = Format("MP4", Kind.VIDEO, "video/mp4", ".mp4")
MOV: Final = Format("MOV", Kind.VIDEO, "video/quicktime", ".mov")
WEBM: Final = Format("WebM", Kind.VIDEO, "video/webm", ".webm")
MKV: Final = Format("MKV", Kind.VIDEO, "video/x-matroska", ".mkv")
AVI: Final = Format("AVI", Kind.VIDEO, "video/x-msvideo", ".avi")
WMV: Final = Format("WMV", Kind.VIDEO, "video/x-ms-wmv", ".wmv")
CSV: Final = Format("CSV", Kind.CSV, "text/csv", ".csv")

_GZIP_OR_ZLIB: Final = 47  # what zlib calls a window: these two, told apart by their header
_RAW_DEFLATE: Final = -15
_ASF_HEADER: Final = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_EBML_HEADER: Final = b"\x1a\x45\xdf\xa3"
_BMP_HEADER_SIZES: Final = {12, 40, 52, 56, 64, 108, 124}  # of the block after the file header
_MOST_BRANDS: Final = 128  # [bytes] of a `ftyp` that are looked at
_OPEN_BRANDS: Final = (b"mif1", b"miaf")  # of pictures in any coding: the others say which
_HEIC_BRANDS: Final = (b"heic", b"heix")  # one picture, in 8 or 10 bits
_MOVING_BRANDS: Final = {b"avis": "AVIF", b"hevc": "HEIC", b"hevx": "HEIC", b"msf1": "HEIC"}
_KNOWN: Final = {
    b"GIF8": "a GIF",
    b"II*\0": "a TIFF or a camera's raw picture",
    b"MM\0*": "a TIFF or a camera's raw picture",
    b"%PDF": "a PDF",
    b"PK\3\4": "an archive",
    b"\xff\x0a": "a JPEG XL",
    b"\0\0\0\x0cJXL ": "a JPEG XL",
    b"\0\0\0\x0cjP  ": "a JPEG 2000",
    b"8BPS": "a Photoshop document",
}
_PICTURE_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
                          b"avif", b"avis", b"crx ", b"jxl ", b"jp2 ", b"jpx "}  # fmt: skip
# what a QuickTime file without `ftyp` begins with
_QUICKTIME_ATOMS: Final = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"}


def sniff(head: bytes) -> Format | None:
    """The format of a file that begins with `head`; None when it is none of ours."""
    for recognise in (_signature, _riff, _bmp, _iso, _matroska, _action_unit_csv):
        if found := recognise(head):
            return found
    return None


def _signature(head: bytes) -> Format | None:
    signatures = {b"\xff\xd8\xff": JPEG, b"\x89PNG\r\n\x1a\n": PNG, _ASF_HEADER: WMV}
    return next((found for start, found in signatures.items() if head.startswith(start)), None)


def _riff(head: bytes) -> Format | None:
    return {b"WEBP": WEBP, b"AVI ": AVI}.get(head[8:12]) if head.startswith(b"RIFF") else None


def _bmp(head: bytes) -> Format | None:
    """Two letters alone would take any text that begins with `BM`."""
    size = int.from_bytes(head[14:18], "little")
    return BMP if head.startswith(b"BM") and size in _BMP_HEADER_SIZES else None


def _iso(head: bytes) -> Format | None:
    atom, brand = head[4:8], head[8:12]
    if atom == b"ftyp":
        brands = [brand, *_further_brands(head)] if brand in _OPEN_BRANDS else [brand]
        if b"avif" in brands:
            return AVIF
        if any(each in _HEIC_BRANDS for each in brands):
            return HEIC
        return None if brand in _PICTURE_BRANDS else MOV if brand == b"qt  " else MP4
    return MOV if atom in _QUICKTIME_ATOMS else None


def _further_brands(head: bytes) -> list[bytes]:
    """Those that the file says it is compatible with."""
    end = min(int.from_bytes(head[:4], "big"), _MOST_BRANDS)
    return [head[start : start + 4] for start in range(16, end, 4)]


def _matroska(head: bytes) -> Format | None:
    """The document type stands in the EBML header, which comes first and is short."""
    if not head.startswith(_EBML_HEADER):
        return None
    return WEBM if b"webm" in head[:64] else MKV if b"matroska" in head[:64] else None


def _action_unit_csv(head: bytes) -> Format | None:
    return CSV if looks_like(head) else None


def compressed(head: bytes) -> Format | None:
    """The format of what was compressed whole (gzip, deflate) into a file that begins so."""
    for window in (_GZIP_OR_ZLIB, _RAW_DEFLATE):
        with suppress(zlib.error):
            found = sniff(zlib.decompressobj(window).decompress(head, SNIFF_BYTES))
            if found is not None:
                return found
    return None


def sniff_file(path: Path) -> Format:
    """The format of a file on disk. Raises MediaError when it is empty or none of ours."""
    with path.open("rb") as file:
        head = file.read(SNIFF_BYTES)
    if not head:
        raise MediaError(Code.EMPTY_FILE, "The file is empty. Send the media's content.")
    found = sniff(head)
    if found is None:
        raise MediaError(
            Code.UNSUPPORTED_MEDIA,
            f"{_said(head)}, which cannot be measured. Send an image (JPEG, PNG, "
            "WebP, BMP, HEIC, AVIF), a video (MP4, MOV, WebM, MKV, AVI, WMV) or an OpenFace CSV.",
        )
    return found


def _said(head: bytes) -> str:
    """What the file is, where it is something that people take for a picture."""
    if packed := compressed(head):
        return f"The file is compressed (gzip or deflate: send the {packed.name} in it as it is)"
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    if moving := _MOVING_BRANDS.get(brand):
        return f"The file is an animated {moving}"
    for start, name in _KNOWN.items():
        if head.startswith(start):
            return f"The file is {name}"
    return "The file's content is of no kind that is known here"


def default_type(kind: Kind) -> MediaType:
    return MediaType.IP if kind is Kind.IMAGE else MediaType.VS
