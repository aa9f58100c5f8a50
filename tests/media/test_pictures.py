"""Every kind of still picture comes out as the upright RGB array that a person sees."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shared.measurements.model import Options
from shared.media.pictures import MID_GREY, load_image
from tests import faces
from tests.faces import Pixels
from tests.media_factory import Mode, picture

OPTIONS = Options()
SIZE = (240, 160)


@pytest.fixture(scope="module")
def shown() -> Pixels:
    return faces.still(0.0, *SIZE)


def difference(one: Pixels, other: Pixels) -> float:
    """Mean over all values, 0..255."""
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(tmp_path: Path, shown: Pixels, orientation: int) -> None:
    path = picture(tmp_path / "face.jpg", size=SIZE, orientation=orientation)
    with Image.open(path) as stored:
        assert stored.size == (SIZE if orientation < 5 else SIZE[::-1])
    assert difference(load_image(path, OPTIONS), shown) < 4


def test_an_unreadable_exif_block_counts_as_none(tmp_path: Path, shown: Pixels) -> None:
    path = tmp_path / "face.jpg"
    Image.fromarray(shown).save(path, exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff broken")
    assert difference(load_image(path, OPTIONS), shown) < 4


@pytest.mark.parametrize("mode", ["L", "I;16"])
def test_grey(tmp_path: Path, shown: Pixels, mode: Mode) -> None:
    path = picture(tmp_path / "face.png", size=SIZE, mode=mode)
    loaded = load_image(path, OPTIONS)
    grey = np.asarray(Image.fromarray(shown).convert("L").convert("RGB"))
    assert difference(loaded, grey) < 1


@pytest.mark.parametrize(("mode", "suffix"), [("P", ".png"), ("CMYK", ".jpg"), ("RGB", ".bmp")])
def test_colour(tmp_path: Path, shown: Pixels, mode: Mode, suffix: str) -> None:
    path = picture(tmp_path / f"face{suffix}", size=SIZE, mode=mode)
    assert difference(load_image(path, OPTIONS), shown) < 20


@pytest.mark.parametrize(("mode", "suffix"), [("RGBA", ".png"), ("LA", ".png"), ("RGBA", ".webp")])
def test_transparency_lies_over_mid_grey(
    tmp_path: Path, shown: Pixels, mode: Mode, suffix: str
) -> None:
    path = picture(tmp_path / f"face{suffix}", size=SIZE, mode=mode)
    loaded = load_image(path, OPTIONS)
    assert loaded[0, 0].tolist() == list(MID_GREY)
    centre = (slice(60, 100), slice(90, 150))
    assert difference(loaded[centre], shown[centre]) < (30 if mode == "LA" else 6)


def test_a_transparent_palette(tmp_path: Path) -> None:
    path = tmp_path / "face.png"
    image = Image.new("P", (4, 4), 1)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((0, 0), 0)
    image.save(path, transparency=0)
    loaded = load_image(path, OPTIONS)
    assert loaded[0, 0].tolist() == list(MID_GREY)
    assert loaded[3, 3].tolist() == [0, 255, 0]


def test_the_array_is_ready_for_native_code(tmp_path: Path) -> None:
    loaded = load_image(picture(tmp_path / "face.png", size=SIZE), OPTIONS)
    assert loaded.dtype == np.uint8
    assert loaded.shape == (SIZE[1], SIZE[0], 3)
    assert loaded.flags.c_contiguous


def test_the_first_of_several_pictures_in_a_jpeg(tmp_path: Path, shown: Pixels) -> None:
    path = tmp_path / "phone.jpg"
    first, second = Image.fromarray(shown), Image.new("RGB", SIZE)
    first.save(path, format="MPO", save_all=True, append_images=[second])
    assert difference(load_image(path, OPTIONS), shown) < 4
