"""Renders `astronaut-talking.mp4` from `astronaut.jpg`: the photograph sways, talks and blinks.

    .local/venv/bin/python -m samples.render

Ten seconds in which nothing comes twice, so that the set "Alive" takes it for a living face.
"""

from local.paths import SAMPLE_CLIP
from tests import faces
from tests.media_factory import Clip

CLIP = Clip(
    seconds=10,
    size=(480, 480),
    scene=faces.living,
    key_interval=250,
    options={"preset": "slow", "crf": "26"},
)

if __name__ == "__main__":
    CLIP.write(SAMPLE_CLIP)
