"""Something to look at: two builds of an avatar held to a set, a picture, a failed job."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from tests.end_to_end.service import Service

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
HOSTILE_SET = "<img src=x onerror=alert(3)>\"'&amp;"
SET = "Speaking calmly"
NATURAL = "Like Hedy"
AVATAR = "Grace"  # no other test's: what is shown of an avatar is all that was measured of it


def levels(*bands: tuple[str, float, float]) -> list[dict[str, Any]]:
    return [{"measure": code, "lower": low, "upper": high} for code, low, high in bands]


@dataclass(frozen=True)
class Shown:
    clip: dict[str, Any]  # the later build's job
    earlier: dict[str, Any]
    picture: dict[str, Any]
    failed: dict[str, Any]
    hostile: dict[str, Any]
    stops: dict[str, Any]  # a clip that stands still for two seconds, held to what is natural
    short: dict[str, Any]  # too short a clip to be judged

    @classmethod
    def make(cls, service: Service, media: Path) -> Self:
        put_set(service, SET, levels(("AU25.level", 0.0, 0.4), ("AU45.level", 0.0, 5.0)))
        put_set(service, HOSTILE_SET, levels(("AU12.level", 0.0, 5.0)))
        fields = {"avatar": AVATAR, "parameter_set": SET}
        earlier = service.submit(media / "clip.mp4", name="build 1", **fields)
        service.wait(earlier)  # builds are shown in the order in which they were measured
        clip = service.submit(media / "clip.mp4", name="build 2", **fields)
        picture = service.submit(media / "face.jpg", avatar="Portrait", type="IW")
        failed = service.submit(media / "empty.jpg", avatar="Nobody")
        response = service.post(
            media / "face.jpg",
            filename=f"{HOSTILE}.jpg",
            avatar=HOSTILE[:50],
            name=HOSTILE,
            parameter_set=HOSTILE_SET,
        )
        hostile = response.json()["id"]
        stops = service.submit(media / "stops.mp4", avatar="Hedy")
        short = service.submit(media / "clip.mp4", avatar="Hedy", name="short")
        every = (clip, earlier, picture, failed, hostile, stops, short)
        shown = cls(*map(service.wait, every))
        learned = {"name": NATURAL, "from_reports": [shown.stops["report"]], "coverage": 0.95}
        assert service.http.post("/api/parameter-sets", json=learned).status_code == 201
        return shown

    def addresses(self) -> dict[str, str]:
        """Every kind of page, by what it shows."""
        clip, picture = self.clip["report"], self.picture["report"]
        return {
            "jobs": "/",
            "filtered": f"/?avatar={AVATAR}&state=done",
            "nothing fits": "/?avatar=Unheard+of",
            "done": f"/jobs/{self.clip['id']}",
            "failed": f"/jobs/{self.failed['id']}",
            "deleting": f"/jobs/{self.failed['id']}?confirm=delete",
            "clip": f"/reports/{clip}",
            "picture": f"/reports/{picture}",
            "stops": f"/reports/{self.stops['report']}",
            "short": f"/reports/{self.short['report']}",
            "avatars": "/avatars",
            "avatar": f"/avatars/{AVATAR}",
            "all measures": f"/avatars/{AVATAR}?set=/",
            "compared": f"/avatars/{AVATAR}?from=build+1&to=build+2",
            "compared clips": f"/avatars/{AVATAR}?from_measurement={self.earlier['report']}"
            f"&to_measurement={clip}",
            "sets": "/parameter-sets",
            "set": f"/parameter-sets/{quote(SET)}",
            "natural set": f"/parameter-sets/{quote(NATURAL)}",
            "natural editor": f"/parameter-sets/{quote(NATURAL)}/edit",
            "editor": f"/parameter-sets/{quote(SET)}/edit",
            "new set": "/new-parameter-set",
            "learned": f"/new-parameter-set?from={clip}",
            "hostile job": f"/jobs/{self.hostile['id']}",
            "hostile report": f"/reports/{self.hostile['report']}",
            "hostile avatar": f"/avatars/{quote(HOSTILE[:50], safe='')}",
            "hostile set": f"/parameter-sets/{quote(HOSTILE_SET, safe='')}",
            "hostile editor": f"/parameter-sets/{quote(HOSTILE_SET, safe='')}/edit",
            "unknown": "/jobs/00000000-0000-4000-8000-000000000000",
        }


def put_set(service: Service, name: str, parameters: list[dict[str, Any]]) -> None:
    body = {"name": name, "engine": "mediapipe", "parameters": parameters}
    response = service.http.post("/api/parameter-sets", json=body)
    assert response.status_code == 201, response.text
