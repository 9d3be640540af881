"""Whatever a GLB holds, each use of it ends in a result or in one of the project's own errors.

The files are tried in worker processes as the service has them, with a bound on memory and a
deadline: a crash, a hang or a flood would be an error of the pool, and fail the test.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from asset_forge.errors import BadGlb, ForgeError
from asset_forge.glb.document import GlbDocument
from asset_forge.glb.inspect import inspect_glb
from asset_forge.workers import WorkerPool
from tests.security import hostile_glbs
from tests.security.glb_uses import ALL_USES, complaints

MEMORY_BYTES = 1 << 30
DEADLINE_S = 120
MUTANTS = 140


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(worker_count=1, memory_limit_bytes=MEMORY_BYTES)
    yield pool
    await pool.close()


async def tried(
    pool: WorkerPool, files: dict[str, bytes], uses: tuple[str, ...], folder: Path
) -> list[str]:
    progress = folder / "progress"
    try:
        return await pool.run(
            complaints,
            list(files.items()),
            uses,
            str(progress),
            timeout_s=DEADLINE_S,
            label="hostile GLBs",
        )
    except (ForgeError, RuntimeError) as error:
        pytest.fail(f"{progress.read_text()}: {error}")


@pytest.mark.parametrize(
    "make", [hostile_glbs.containers, hostile_glbs.trees, hostile_glbs.numbers]
)
async def test_hostile_file_ends_in_a_result_or_a_clear_error(
    make: Callable[[], dict[str, bytes]], pool: WorkerPool, tmp_path: Path
) -> None:
    files = make()
    files.pop("million nodes", None)  # slow to read ten times; refused below
    uses = tuple(use for use in ALL_USES if use not in {"sprites", "rig"})
    assert await tried(pool, files, uses, tmp_path) == []
    # Rigging looks for limbs in what the others have read.
    some = {name: files[name] for name in sorted(files)[::4]}
    assert await tried(pool, some, ("rig",), tmp_path) == []


async def test_hostile_compression_ends_in_a_result_or_a_clear_error(
    pool: WorkerPool, tmp_path: Path
) -> None:
    assert await tried(pool, hostile_glbs.compressed(), ALL_USES, tmp_path) == []


async def test_hostile_picture_in_a_model_ends_in_a_result_or_a_clear_error(
    pool: WorkerPool, tmp_path: Path
) -> None:
    files = hostile_glbs.pictures()
    assert await tried(pool, files, ("inspect", "strip", "render"), tmp_path) == []
    # Painting takes longest, and opens pictures through the same door.
    some = {name: files[name] for name in sorted(files)[::4]}
    assert await tried(pool, some, ("retexture",), tmp_path) == []


async def test_mutated_files_end_in_a_result_or_a_clear_error(
    pool: WorkerPool, tmp_path: Path
) -> None:
    files = dict(hostile_glbs.mutants(MUTANTS, seed=20261122))
    uses = tuple(use for use in ALL_USES if use not in {"sprites", "rig"})
    assert await tried(pool, files, uses, tmp_path) == []


@pytest.mark.soak
async def test_thousands_of_mutated_files_end_in_a_result_or_a_clear_error(
    pool: WorkerPool, tmp_path: Path
) -> None:
    for seed in range(40):
        files = dict(hostile_glbs.mutants(105, seed))
        assert await tried(pool, files, ALL_USES, tmp_path) == []


@pytest.mark.parametrize("name", sorted(hostile_glbs.containers()))
def test_broken_container_is_a_bad_glb_with_a_sentence(name: str) -> None:
    data = hostile_glbs.containers()[name]
    if name in {"same key a thousand times", "size without the end", "JSON with zeros behind"}:
        return
    with pytest.raises(BadGlb) as caught:
        GlbDocument.parse(data)
    assert caught.value.message.endswith(".")
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("node is its own child", "descendant"),
        ("two nodes hold each other", "descendant"),
        ("child that is not there", "does not exist"),
        ("million nodes", "lists and objects"),
        ("12,000 nodes with one mesh", "too large"),
        ("endless scales", "endless"),
    ],
)
def test_impossible_tree_is_refused_with_its_reason(name: str, reason: str) -> None:
    with pytest.raises(BadGlb, match=reason):
        inspect_glb(hostile_glbs.trees()[name])
