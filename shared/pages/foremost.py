"""What is wrong with a face, in one look: sentences, worst first, each with its times.

The first ones are drawn on one timeline over the clip, whose shaded times can be clicked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from shared.analysis import figures
from shared.analysis.report import FaceReport, Naturalness, Outcome, Result, Violation
from shared.analysis.report_text import worst
from shared.pages import addresses, timelines
from shared.pages.natural_rows import broken, by_hand
from shared.pages.report_rows import by_severity
from shared.pages.templates import timecode
from shared.pages.timelines import Window

FOREMOST: Final = 3  # sentences that are seen at once, and drawn over the clip
MOMENTS: Final = 2  # links to moments behind a sentence; all are in the list of its measure
LINKED: Final = 40  # moments that can be clicked on a lane, the worst; all are drawn
_WHOLE: Final = 0.9  # of the clip, from which a moment is said to last throughout
_SUM: Final = "Taken together"  # begins the sentence on the face as a whole (`wording.together`)


@dataclass(frozen=True, slots=True)
class MomentLink:
    start: float  # [s]
    end: float
    words: str


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    moments: Sequence[MomentLink] = ()
    more: int = 0  # moments that are not linked here
    lane: Markup | None = None  # its times over the clip


@dataclass(frozen=True, slots=True)
class Foremost:
    first: Sequence[Sentence]
    rest: Sequence[Sentence]
    ticks: Sequence[float]  # [s] of the timeline; empty where there is none


def foremost(face: FaceReport | None, duration: float | None, identifier: str) -> Foremost:
    """Of the face that is shown; `identifier` is the report's, for the links to its moments."""
    told = _told(face) if face else []
    clip = _Clip(identifier, face.face if face else 0, duration or 0.0)
    sentences = [clip.sentence(text, result) for text, result in told]
    first = sentences[:FOREMOST]
    drawn = any(item.lane for item in first)
    ticks = [clip.duration * part / 4 for part in range(5)] if drawn else []
    return Foremost(first, sentences[FOREMOST:], ticks)


def _told(face: FaceReport) -> list[tuple[str, Result | None]]:
    """What is said, and the result that it is said of; None: of the face as a whole."""
    told: list[tuple[str, Result | None]] = [
        (result.reason or result.words, result) for result in broken(face.results)
    ]
    told += [(text, None) for text in _together(face.naturalness)]
    for result in by_severity(by_hand(face.results)):
        if result.outcome is Outcome.NOT_WITHIN:
            words = result.words[:1].upper() + result.words[1:]
            told.append((f"{words}: {figures.rounded(result.reason or '')}", result))
    return told


def _together(nature: Naturalness | None) -> list[str]:
    return [text for text in nature.sentences if text.startswith(_SUM)] if nature else []


@dataclass(frozen=True, slots=True)
class _Clip:
    identifier: str
    face: int
    duration: float  # [s]; 0 of a picture

    def sentence(self, text: str, result: Result | None) -> Sentence:
        if result is None or not result.violations or not self.duration:
            return Sentence(text)
        linked = worst(result, MOMENTS)
        return Sentence(
            text,
            [MomentLink(item.start, item.end, self._words(item)) for item in linked],
            result.violation_count - len(linked),
            self._lane(result),
        )

    def _words(self, item: Violation) -> str:
        if item.end - item.start >= _WHOLE * self.duration:
            return "throughout"
        return f"{timecode(item.start, 1)}–{timecode(item.end, 1)}"

    def _lane(self, result: Result) -> Markup:
        window = Window(0.0, self.duration)
        links = [
            timelines.Link(
                item.start,
                item.end,
                addresses.report(self.identifier, face=self.face, t=item.start),
                f"Play {result.words}, {self._words(item)}",
            )
            for item in worst(result, LINKED)
        ]
        return timelines.moments(
            timelines.shading(result.violations, window, timelines.LANE),
            links,
            window,
            f"When: {result.words}",
        )
