"""What is wrong with a file, gathered line by line and raised as one MediaError."""

from typing import Final

from shared.platform.errors import Code, FieldError, MediaError
from shared.platform.words import counted

MAX_ERRORS: Final = 20
"""Bad rows that are named before reading stops: enough to see a pattern."""


class Findings:
    """The bad rows of one file: at most one sentence per line, the first `MAX_ERRORS` lines."""

    def __init__(self) -> None:
        self._lines: dict[int, str] = {}

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, line: int, sentence: str) -> None:
        """Note what is wrong with a line; the first thing noted of it stays."""
        self._lines.setdefault(line, sentence)

    @property
    def enough(self) -> bool:
        return len(self._lines) >= MAX_ERRORS

    def error(self) -> MediaError:
        """All that was found. Call it only when something was."""
        first = sorted(self._lines.items())[:MAX_ERRORS]
        count = counted(len(first), "row")
        at_least = "At least " if self.enough else ""
        lines = " ".join(f"Line {number}: {sentence}" for number, sentence in first)
        return MediaError(
            Code.INVALID_CSV,
            f"{at_least}{count} cannot be used, so nothing of the file was taken. {lines}",
            errors=tuple(FieldError(f"line {number}", sentence) for number, sentence in first),
        )


def refuse(sentence: str, line: int | None = None) -> MediaError:
    """The error for a file that cannot be read on at all."""
    errors = () if line is None else (FieldError(f"line {line}", sentence),)
    where = "" if line is None else f"Line {line}: "
    return MediaError(Code.INVALID_CSV, where + sentence, errors=errors)


def shown(value: bytes) -> str:
    """A value from the file, short and printable, to be quoted in a sentence."""
    text = value.strip()[:24].decode("ascii", "backslashreplace")
    return "".join(character if character.isprintable() else "?" for character in text)
