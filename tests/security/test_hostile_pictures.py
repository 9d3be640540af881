"""Whatever bytes come as a picture, what looks at them ends in a result or a clear error."""

import warnings
from collections.abc import AsyncIterator, Callable

import pytest

from asset_forge.errors import BadGlb, BadPicture, ForgeError
from asset_forge.glb.embedded_pictures import decode_picture, to_rgb
from asset_forge.glb.image_headers import read_image_header
from asset_forge.greybox.picture import model_from_picture
from asset_forge.greybox.sight import find_grip, find_orientation
from asset_forge.pictures import check_picture, to_png
from asset_forge.workers import WorkerPool
from tests.security.hostile_pictures import PICTURES

MEMORY_BYTES = 1 << 30
DEADLINE_S = 120
USELESS = {"GIF", "TIFF", "BMP of 2**31", "ICO", "PostScript", "SVG", "empty", "magic alone"}
TOO_LARGE = {
    "2**31 by 2**31", "30,000 by 30,000 of nothing", "1 by 2**30", "JPEG of 65,000 by 65,000",
    "WebP of 16,384 by 16,384",
}  # fmt: skip


def _uses() -> dict[str, Callable[[bytes], object]]:
    def embedded(data: bytes) -> object:
        return to_rgb(decode_picture(data, "images[0]", limit_px=64), "images[0]")

    def modelled(data: bytes) -> object:
        return model_from_picture(data, kind="sword", type="weapon", face_budget=500, texture_px=64)

    return {
        "check": lambda data: check_picture(data, max_pixels=1_000_000),
        "to PNG": lambda data: to_png(data, max_pixels=1_000_000),
        "embedded": embedded,
        "header": read_image_header,
        "model": modelled,
        "grip": find_grip,
        "orientation": find_orientation,
    }


def complaints() -> list[str]:
    found = []
    for use, function in _uses().items():
        for name, data in PICTURES.items():
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                try:
                    function(data)
                except ForgeError:
                    continue
                except Exception as error:  # noqa: BLE001 - any other error is looked for
                    found.append(f"{use} of {name}: {type(error).__name__}: {error}"[:300])
    return found


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(worker_count=1, memory_limit_bytes=MEMORY_BYTES)
    yield pool
    await pool.close()


async def test_hostile_pictures_end_in_a_result_or_a_clear_error(pool: WorkerPool) -> None:
    assert await pool.run(complaints, timeout_s=DEADLINE_S, label="hostile pictures") == []


@pytest.mark.parametrize("name", sorted(TOO_LARGE))
def test_embedded_picture_that_is_too_large_is_refused_before_it_is_decoded(name: str) -> None:
    with pytest.raises(BadGlb, match="too large"):
        decode_picture(PICTURES[name], "images[3]", limit_px=64)


@pytest.mark.parametrize("name", sorted(USELESS))
def test_embedded_file_of_another_kind_reaches_no_decoder(name: str) -> None:
    with pytest.raises(BadPicture, match=r"images\[3\] (is no picture|cannot be read)"):
        decode_picture(PICTURES[name], "images[3]", limit_px=64)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_header_of_any_bytes_is_read_or_unknown(name: str) -> None:
    header = read_image_header(PICTURES[name])
    assert header is None or (header.width_px >= 0 and header.height_px >= 0)
