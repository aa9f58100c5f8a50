"""The catalogue's measures of a clip's sound, and of the mouth that goes with it.

They inform: a set judges them where it has a parameter for one. How they are computed: `sound`,
`lip_sync`.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from shared.analysis.measures import Group, Measure
from shared.analysis.mouth import SIGNAL, mouth_of
from shared.analysis.sound import MIN_SECONDS, SoundMeasures, sound_measures
from shared.analysis.statistics import NotMeasured, Statistic
from shared.analysis.track import Track

LIP_SYNC: Final = "lip_sync_change"

_OURS: Final = "own definition; speech: Silero VAD"
_MIN_FPS: Final = 20.0  # lips open and close within 0.12 s

_Choice = Callable[[SoundMeasures], Statistic | NotMeasured]


def _computed(track: Track, choose: _Choice) -> Statistic | NotMeasured:
    if track.sound is None:
        return NotMeasured(track.no_sound)
    return choose(sound_measures(track.sound, track.duration, mouth_of(track)))


def _alone(_: Track) -> NotMeasured:
    return NotMeasured("It is told against another recording: a parameter names it in `against`.")


_of_sound: Final = partial(Measure, source=_OURS, group=Group.SOUND)
_of_mouth: Final = partial(_of_sound, signals=(SIGNAL,), min_fps=_MIN_FPS)

SOUND: Final = (
    _of_sound(
        "speech_share",
        "share of time with speech",
        "share",
        "Share of the clip's time in which somebody speaks.",
        compute=partial(_computed, choose=lambda found: found.speech_share),
        upper=1.0,
        min_frames=1,
        tolerance=0.05,
    ),
    _of_mouth(
        "mouth_in_speech",
        "movement of the mouth in speech",
        "eye distances/s",
        "Mean speed, over 0.12 s, of the mouth's opening while somebody speaks; "
        f"{MIN_SECONDS:g} s of that are needed.",
        compute=partial(_computed, choose=lambda found: found.mouth_in_speech),
        tolerance=0.02,
    ),
    _of_mouth(
        "mouth_in_silence",
        "movement of the mouth in silence",
        "eye distances/s",
        "As mouth_in_speech, at least 0.2 s away from all speech, in silence of 0.3 s and more; "
        f"{MIN_SECONDS:g} s of that are needed.",
        compute=partial(_computed, choose=lambda found: found.mouth_in_silence),
        tolerance=0.02,
    ),
    _of_mouth(
        "mouth_silence_ratio",
        "movement of the mouth in silence, relative to speech",
        "ratio",
        "mouth_in_silence over mouth_in_speech; both are needed.",
        compute=partial(_computed, choose=lambda found: found.mouth_silence_ratio),
        tolerance=0.1,
    ),
    _of_sound(
        LIP_SYNC,
        "change of lip sync",
        "ms",
        "By how much the mouth comes later, against its sound, than in another recording of the "
        "same script, which a parameter names in `against`; below 0: earlier. It needs the same "
        "sound in both, and mouths that correlate at 0.5 and more.",
        compute=_alone,
        lower=None,
        signals=(SIGNAL,),
        relative=True,
        tolerance=20.0,
    ),
)
