"""Lines of a file of any size, in blocks, with bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO, Final

from shared.measurements.csv.errors import refuse
from shared.platform.errors import Code, MediaError

MAX_LINE_BYTES: Final = 128 * 1024
"""py-feat's widest form (2,200 columns, embeddings of identity among them) needs about 50 KB."""

READ_BYTES: Final = 256 * 1024
"""About 1,100 rows of OpenFace's usual form, so that a block fits a processor's cache."""

SEPARATOR: Final = b"sep=,"
UTF8_MARK: Final = b"\xef\xbb\xbf"
_GZIP: Final = b"\x1f\x8b"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


def read_header(stream: BinaryIO) -> bytes:
    """The first line without byte order mark and line end; the stream stands at the second."""
    line = stream.readline(MAX_LINE_BYTES + 1)
    if not line:
        raise MediaError(Code.EMPTY_FILE, "The CSV is empty. Send a file with rows in it.")
    if line.startswith(_GZIP):
        raise refuse("The file is compressed (gzip). Send the CSV as it is.", 1)
    if line.startswith(_UTF16_MARKS) or b"\0" in line:
        raise refuse("The text is UTF-16 or not text at all. Save the file as UTF-8.", 1)
    if len(line) > MAX_LINE_BYTES:
        raise _too_long(1)
    line = line.removeprefix(UTF8_MARK).rstrip(b"\r\n")
    if b"\r" in line:
        raise refuse("Lines must end in a line feed, not in a carriage return alone.", 1)
    return line


def skip_separator(stream: BinaryIO) -> int:
    """Leave out Excel's first line `sep=,`; the number of the line at which the stream stands."""
    start = stream.tell()
    line = stream.readline(MAX_LINE_BYTES + 1).removeprefix(UTF8_MARK)
    if line.strip(b' "\r\n').lower() == SEPARATOR:
        return 2
    stream.seek(start)
    return 1


def line_blocks(stream: BinaryIO, first: int) -> Iterator[tuple[int, list[bytes]]]:
    """The further lines: the number of each block's first line, and its lines without the \\n.

    `first` is the number of the line at which the stream stands. A carriage return before the \\n
    is left in place: it is white space to whoever reads the numbers.
    """
    rest = b""
    while data := stream.read(READ_BYTES):
        data = rest + data
        end = data.rfind(b"\n")
        rest = data[end + 1 :]
        if end >= 0:
            lines = data[:end].split(b"\n")
            yield first, lines
            first += len(lines)
        if len(rest) > MAX_LINE_BYTES:
            raise _too_long(first)
    if rest:
        yield first, [rest]


def _too_long(line: int) -> MediaError:
    return refuse(
        f"The line is longer than {MAX_LINE_BYTES // 1024} KB, so this is no CSV that can be read "
        "here. Lines must end in a line feed.",
        line,
    )
