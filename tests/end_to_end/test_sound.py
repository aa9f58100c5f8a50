"""A clip with sound through the whole app: heard, measured, compared with shifted copies."""

import re
from functools import partial
from urllib.parse import quote

import numpy as np
import pytest

from shared.measurements import sound as sounds
from shared.measurements.sound import Sound
from tests import faces
from tests.end_to_end.service import Json, Service
from tests.end_to_end.test_parameter_sets import made
from tests.media_factory import Clip
from tests.speech import babble, film

AVATAR = "Speaker"
SECONDS = 10.0
VOICE = babble(SECONDS, seed=1)
SHIFTS = {"b2": 0.08, "b3": 0.3}  # [s] by which the sound of a build comes later


def mouth(time: float) -> float:
    """[pixels]"""
    return 90 * (float(VOICE.opening(np.array([time]))[0]) - 0.02)


@pytest.fixture(scope="module")
def builds(service: Service, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Json]:
    folder = tmp_path_factory.mktemp("builds")
    filmed = partial(film, samples=VOICE.samples, scene=faces.saying(mouth), seconds=SECONDS)
    ids = {
        build: service.submit(
            filmed(folder / f"{build}.mp4", starts=(shift,)), avatar=AVATAR, name=build
        )
        for build, shift in {"b1": 0.0, **SHIFTS}.items()
    }
    mute = Clip(seconds=4).write(folder / "mute.mp4")
    ids["mute"] = service.submit(mute, avatar=AVATAR, name="mute")
    return {build: service.wait(job) for build, job in ids.items()}


def stored(service: Service, job: Json) -> Sound | None:
    container = service.blobs.get_container_client(job["container"])
    if "sound.bin" not in list(container.list_blob_names()):
        return None
    return sounds.from_bytes(container.download_blob("sound.bin").readall())


def measures(service: Service, job: Json) -> dict[str, float]:
    rows = service.sql("SELECT measures FROM measured_face WHERE report_id = %s", job["report"])
    ((found,),) = rows
    assert isinstance(found, dict)
    return found


def compared(service: Service, later: str) -> Json:
    path = f"/api/avatars/{quote(AVATAR)}/compare"
    response = service.http.get(path, params={"from": "b1", "to": later})
    assert response.status_code == 200, response.text
    (pair,) = response.json()["pairs"]
    found = pair["comparison"]["lip_sync"]
    assert isinstance(found, dict)
    return found


def test_a_clip_is_listened_to(service: Service, builds: dict[str, Json]) -> None:
    heard = stored(service, builds["b1"])
    assert heard is not None
    assert heard.duration == pytest.approx(SECONDS, abs=0.3)
    found = measures(service, builds["b1"])
    assert 0.3 < found["speech_share"] <= 1
    assert found["mouth_in_speech"] > 0
    assert "lip_sync_change" not in found


def test_sound_raises_no_job(service: Service, builds: dict[str, Json]) -> None:
    containers = [job["container"] for job in builds.values()]
    jobs = service.sql("SELECT count(*) FROM job WHERE container = ANY(%s)", containers)
    assert jobs == [(len(builds),)]


def test_a_clip_without_sound_has_none(service: Service, builds: dict[str, Json]) -> None:
    assert stored(service, builds["mute"]) is None
    assert "speech_share" not in measures(service, builds["mute"])
    assert "The clip has no sound." in compared(service, "mute")["reason"]


def test_the_page_draws_it(service: Service, builds: dict[str, Json]) -> None:
    page = service.http.get(f"/reports/{builds['b1']['report']}").text
    assert re.search(r'aria-label="Loudness over time; somebody speaks for \d+% of the time"', page)
    mute = service.http.get(f"/reports/{builds['mute']['report']}").text
    assert 'class="loudness"' not in mute


@pytest.mark.parametrize("later", list(SHIFTS))
def test_a_shift_is_found(service: Service, builds: dict[str, Json], later: str) -> None:
    """The mouth of the copy comes earlier, against its sound, than that of the first."""
    found = compared(service, later)
    assert found["change"] == pytest.approx(-1000 * SHIFTS[later], abs=40), found
    assert found["sound_lag"] == pytest.approx(1000 * SHIFTS[later], abs=2)
    assert found["change_low"] <= found["change"] <= found["change_high"]


def test_a_set_holds_builds_to_the_first(service: Service, builds: dict[str, Json]) -> None:
    against = builds["b1"]["report"]
    parameter = {"measure": "lip_sync_change", "lower": -45, "upper": 45, "against": against}
    held_to = made(service, parameters=[parameter])
    assert held_to["parameters"][0]["against"] == against
    verdicts = {}
    for build in ("b1", "b2"):
        body = {"report": builds[build]["id"], "parameter_sets": [held_to["name"]]}
        response = service.http.post("/api/reports", json=body)
        assert response.status_code == 201, response.text
        (item,) = response.json()["items"]
        verdicts[build] = item["verdict"]
    assert verdicts == {"b1": "pass", "b2": "fail"}


def test_damaged_sound_is_not_believed(service: Service, builds: dict[str, Json]) -> None:
    container = service.blobs.get_container_client(builds["b3"]["container"])
    whole = container.download_blob("sound.bin").readall()
    damaged = whole[:-1] + bytes([whole[-1] ^ 1])
    try:
        container.upload_blob("sound.bin", damaged, overwrite=True)
        assert "damaged or was replaced" in compared(service, "b3")["reason"]
        container.delete_blob("sound.bin")
        assert "no longer in its job's container" in compared(service, "b3")["reason"]
    finally:
        container.upload_blob("sound.bin", whole, overwrite=True)
