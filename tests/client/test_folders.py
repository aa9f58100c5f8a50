"""Which files of a folder `submit` takes, and under which names."""

from pathlib import Path

import pytest

from avatar_validation.errors import ClientError
from avatar_validation.inputs import inputs
from tests.client.running import Within
from tests.end_to_end.service import Service


@pytest.fixture
def takes(tmp_path: Path) -> Path:
    """A folder as a renderer leaves it."""
    folder = tmp_path / "takes"
    for name in ("b.mp4", "A.PNG", "notes.txt", ".b.mp4", "smile/b.mp4", ".cache/c.mp4"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def names(*paths: Path, recursive: bool = False) -> list[str]:
    return [item.name for item in inputs(paths, recursive=recursive)]


def test_the_media_of_a_folder(takes: Path) -> None:
    assert names(takes) == ["A.PNG", "b.mp4"]
    assert names(takes, recursive=True) == ["A.PNG", "b.mp4", "smile/b.mp4"]


def test_a_link_to_a_folder_is_not_followed(takes: Path) -> None:
    (takes / "smile" / "up").symlink_to(takes)
    assert names(takes, recursive=True) == ["A.PNG", "b.mp4", "smile/b.mp4"]


def test_a_file_that_is_named_is_taken_whatever_it_is_called(takes: Path) -> None:
    assert names(takes / "notes.txt", takes, takes / "b.mp4") == ["notes.txt", "A.PNG", "b.mp4"]


def test_a_folder_without_media(takes: Path) -> None:
    (takes / "smile" / "b.mp4").unlink()
    with pytest.raises(ClientError, match="--recursive looks into"):
        names(takes / "smile")


def test_two_files_of_one_name(takes: Path) -> None:
    """A build would take them for one clip that was sent twice."""
    with pytest.raises(ClientError, match="have one name"):
        names(takes / "b.mp4", takes / "smile" / "b.mp4")


def test_a_folder_is_submitted(
    within: Within, service: Service, media: Path, tmp_path: Path
) -> None:
    for name in ("one.jpg", "smile/one.jpg"):
        path = tmp_path / "takes" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes((media / "face.jpg").read_bytes())
    run = within.run("submit", "takes", "--recursive", "--avatar", "Folders", "--name", "b 1")
    assert run.returncode == 0, run.stderr
    assert "\nTotal: 2 only measured\n" in run.stdout
    jobs = service.http.get("/api/jobs?avatar=Folders").json()["items"]
    assert {job["filename"] for job in jobs} == {"one.jpg", "smile/one.jpg"}
    for job in jobs:
        assert f"\n  {service.stack.http}/reports/{job['report']}\n" in run.stdout


def test_every_file_s_webhook_is_refused(within: Within, media: Path, tmp_path: Path) -> None:
    """By a service that signs none; the address may hold a secret and stands in no answer."""
    for name in ("one.jpg", "two.jpg"):
        (tmp_path / name).write_bytes((media / "face.jpg").read_bytes())
    found = within.json("submit", ".", "--avatar=Told", "--webhook=https://hooks.example/planted")
    said = [result["error"] for result in found["results"]]
    assert [error["code"] for error in said] == ["invalid_field"] * 2
    assert all("webhook: cannot be told" in error["detail"] for error in said)
    assert "planted" not in str(found)
