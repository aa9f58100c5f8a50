"""What a set of mode `natural` says: whose footage is expected, how often chance may fail it."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from shared.analysis.natural_measures import NATURAL
from shared.analysis.population import DEFAULT, FOLDER
from shared.analysis.report import Model
from shared.analysis.rule import FALSE_ALARMS, Own, Seen, Settings

MAX_RECORDINGS: Final = 1000  # of the person's own; a recording is 2 kB in the set
MAX_TEXT: Final = 200  # characters of a recording's name
MAX_NUMBER: Final = 2**63 - 1  # of a measurement
MAX_MEAN: Final = 100.0  # of logarithms and roots; no face comes near, and e to it is finite
MAX_WINDOWS: Final = 1_000_000  # of a recording: 17 days
MAX_SECONDS: Final = 1.5 * MAX_WINDOWS
MIN_FALSE_ALARMS: Final = 0.001  # below this the tails of a table of some 50 recordings are a guess
MAX_FALSE_ALARMS: Final = 0.5

_CODES: Final = frozenset(measure.code for measure in NATURAL)


def _natural_code(code: str) -> str:
    if code not in _CODES:
        raise ValueError("there is no such natural measure; docs/measures.md lists those that are")
    return code


def _table(version: str) -> str:
    if version not in tables():
        raise ValueError(f"there is no such population; there are: {', '.join(sorted(tables()))}")
    return version


def tables() -> frozenset[str]:
    """The population tables of the package, by version."""
    return frozenset(
        path.stem for path in FOLDER.glob("*.csv") if not path.stem.endswith(".deviations")
    )


NaturalCode = Annotated[
    str,
    AfterValidator(_natural_code),
    Field(json_schema_extra={"enum": [measure.code for measure in NATURAL]}),
]


class SeenValue(Model):
    """One measure in one recording of the person's own."""

    mean: float = Field(
        ge=-MAX_MEAN, le=MAX_MEAN, description="Of its windows, on the measure's own scale."
    )
    windows: int = Field(ge=1, le=MAX_WINDOWS, description="Of 3 s, one every 1.5 s.")


class OwnRecording(Model):
    report: Annotated[int, Field(ge=1, le=MAX_NUMBER)] | None = Field(
        default=None, description="The measurement: action_unit_report.id"
    )
    name: str = Field(default="", max_length=MAX_TEXT)
    seconds: float = Field(ge=0, le=MAX_SECONDS, description="For which the face was seen.")
    values: dict[NaturalCode, SeenValue]


class Natural(Model):
    """How a set of mode `natural` judges."""

    population: Annotated[str, AfterValidator(_table)] = Field(
        default=DEFAULT, description="Version of the table of how people differ."
    )
    false_alarms: float = Field(
        default=FALSE_ALARMS,
        ge=MIN_FALSE_ALARMS,
        le=MAX_FALSE_ALARMS,
        description="Share of real recordings that may fail by chance; K and T follow from it.",
    )
    same_setup: bool = Field(
        default=True,
        description="The own recordings are of the clip's camera, light and place; otherwise they "
        "are of another session, and more may differ.",
    )
    left_out: tuple[NaturalCode, ...] = Field(default=(), description="Measures not judged.")
    recordings: tuple[OwnRecording, ...] = Field(
        default=(),
        max_length=MAX_RECORDINGS,
        description="Of the person. Without any, a clip is held to people: the best verdict then "
        "is that no fault was found.",
    )

    @property
    def settings(self) -> Settings:
        return Settings(self.false_alarms, self.same_setup)

    @property
    def own(self) -> list[Own]:
        return [
            {code: Seen(value.mean, value.windows) for code, value in recording.values.items()}
            for recording in self.recordings
        ]

    @property
    def seconds(self) -> float:
        """Of footage that it rests on."""
        return sum(recording.seconds for recording in self.recordings)
