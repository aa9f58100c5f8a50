"""Sets that the product brings: what a clip is held to where nobody has said what to expect."""

from typing import Final

from shared.analysis.natural_sets import Natural
from shared.analysis.parameter_sets import Mode, ParameterSet

ALIVE: Final = ParameterSet(
    name="Alive",
    description="Is there a living face? Faults of the picture and of time, and whether the face "
    "moves and looks as people do. It knows nothing of the person: the best it says is that no "
    "fault was found. Learn a set from the person's own footage to tell more.",
    engine="mediapipe",
    mode=Mode.NATURAL,
    natural=Natural(),
)
