"""Stands in for OpenFace's three programs, under whose names it is installed.

It does as the real ones were seen to do (exit codes, messages, files, where models are looked
for), and replays tables: `replay.json` beside it says, by the SHA-256 of the media, which table a
file gives or how the program misbehaves. Media that it does not know has no face in it. Every call
is noted in `calls.jsonl`. Standard library only.
"""

import hashlib
import json
import os
import shutil
import sys
import time
from pathlib import Path

FOLDER = Path(sys.argv[0]).parent  # as started: a symbolic link is not followed
TOOL = Path(sys.argv[0]).name


def option(name: str) -> str:
    return sys.argv[sys.argv.index(name) + 1] if name in sys.argv else ""


def models_are_there() -> bool:
    model = option("-mloc") or "model/main_ceclm_general.txt"
    places = [place for place in (Path.cwd(), FOLDER) if (place / model).is_file()]
    if not option("-mloc"):
        places = [place for place in places if list((place / "model").rglob("cen_patches_*.dat"))]
    return bool(places)


def can_be_opened(media: Path) -> bool:
    return media.is_file() and b"corrupt" not in media.read_bytes()


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def write(table: Path, lines: list[bytes], seconds: float) -> None:
    """Row by row and unbuffered; the percentages reach the pipe when much or a line is printed."""
    with table.open("wb", buffering=0) as file:
        file.write(lines[0])
        for number, line in enumerate(lines[1:], 1):
            file.write(line)
            if number * 10 // len(lines) > (number - 1) * 10 // len(lines):
                sys.stdout.write(f"{number * 10 // len(lines) * 10}% ")
            time.sleep(seconds / len(lines))
    sys.stdout.write("100% \n")


def misbehave(how: str) -> int:
    if how == "hang":
        (FOLDER / "hanging").write_text(str(os.getpid()))
        time.sleep(600)
    if how == "abort":
        os.abort()
    return int(how)  # an exit code


def main() -> int:
    with (FOLDER / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps({"argv": sys.argv, "cwd": str(Path.cwd())}) + "\n")
    if not models_are_there():
        say("Could not find the landmark detection model to load")
        return 1
    media, results = Path(option("-f")), Path(option("-out_dir"))
    image = TOOL == "FaceLandmarkImg"
    say(f"Attempting to read from file: {media}")
    if not can_be_opened(media):
        if image:
            say(f"Error: Could not open the image: {media}")
        elif TOOL == "FeatureExtraction":
            say(f"Failed to open the video file at location: {media}")
        return 1 if image else 0
    if not image and len(os.sched_getaffinity(0)) < 2:
        time.sleep(600)
    replay = json.loads((FOLDER / "replay.json").read_text())
    found = replay.get(hashlib.sha256(media.read_bytes()).hexdigest(), {})
    if "misbehave" in found:
        return misbehave(found["misbehave"])
    if "table" not in found:
        return 0
    if results.suffix == ".csv":  # a file: as programs before 2.0 are told
        table, results = results, results.parent
    else:
        table = results / f"{media.stem}.csv"
    results.mkdir(exist_ok=True)
    if image:
        shutil.copyfile(found["table"], table)
    else:
        lines = Path(found["table"]).read_bytes().splitlines(keepends=True)
        write(table, lines, found.get("seconds", 0))
    (results / f"{media.stem}_of_details.txt").write_text(f"Input:{media}\nAUs: 1\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
