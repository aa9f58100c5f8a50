"""Which files `submit` sends: those that are named, and the media in the folders that are.

In a build a clip is known by its file's name. So a file of a folder keeps, in its name, the folders
below the one that was given, and no two files may have one name.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from avatar_validation.arguments import check_input
from avatar_validation.errors import ClientError

IMAGES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".avif", ".heic", ".heif")
VIDEOS = (".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".wmv")
"""What is taken from a folder; a file that is named itself may be called anything."""


@dataclass(frozen=True)
class Input:
    """A file, and the name under which the service learns of it."""

    path: Path
    name: str


def inputs(paths: Sequence[Path], *, recursive: bool) -> list[Input]:
    """In the order of the paths, those of a folder by name. Raises ClientError."""
    found: dict[Path, Input] = {}
    for path in paths:
        for item in _below(path, recursive) if path.is_dir() else [_named(path)]:
            found.setdefault(item.path, item)
    by_name: dict[str, Path] = {}
    for item in found.values():
        if item.name in by_name:
            raise ClientError(
                f"{by_name[item.name]} and {item.path} have one name, so that a build would take "
                "them for one clip. Give the folder above both, with --recursive: then their "
                "folders are part of the names."
            )
        by_name[item.name] = item.path
    return list(found.values())


def _named(path: Path) -> Input:
    check_input(path)
    return Input(path, _text(path.name))


def _below(folder: Path, recursive: bool) -> list[Input]:
    found = [
        Input(path, _text(path.relative_to(folder).as_posix()))
        for path in sorted(_files(folder, recursive))
        if path.suffix.lower() in IMAGES + VIDEOS
    ]
    if not found:
        further = "" if recursive else " (--recursive looks into the folders in it, too)"
        raise ClientError(f"There is no image and no clip in the folder {folder}{further}.")
    return found


def _files(folder: Path, recursive: bool) -> Iterator[Path]:
    """Without hidden ones, and without following links to folders."""
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if recursive and not name.startswith(".")]
        yield from (Path(place, name) for name in files if not name.startswith("."))


def _text(name: str) -> str:
    """What is no text in a file's name is replaced."""
    return name.encode("utf-8", "replace").decode()
