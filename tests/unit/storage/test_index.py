"""The list of assets: what is in it, in which order, and that it is never stale."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from asset_forge.errors import NotFound, StorageUnavailable
from asset_forge.storage import index as index_module
from asset_forge.storage.index import AssetIndex
from asset_forge.storage.paths import AssetRoot
from tests.support.assets import make_asset


@pytest.fixture
def index(root: Path) -> AssetIndex:
    return AssetIndex(AssetRoot(root))


def ids(index: AssetIndex) -> list[str]:
    return [entry.id for entry in index.list()]


def test_element_has_every_key_of_the_contract(index: AssetIndex, root: Path) -> None:
    made = {"subtype": "sword", "description": "sharp", "generatedAt": "2026-01-02T03:04:05.678Z"}
    folder = make_asset(root, "knight's-sword", {**made, "extra": [1]})
    (folder / "concept-art.png").touch()
    [entry] = index.list()
    metadata = entry.metadata
    assert metadata["extra"] == [1]
    assert entry.to_json() == {
        "id": "knight's-sword",
        "name": "knight's-sword",
        "description": "sharp",
        "type": "weapon",
        "subtype": "sword",
        "metadata": metadata,
        "hasModel": True,
        "modelFile": "knight's-sword.glb",
        "modelUrl": "/api/assets/knight's-sword/model",
        "conceptArtUrl": "/api/assets/knight's-sword/concept-art.png",
        "hasThumbnail": False,
        "thumbnailUrl": "/api/assets/knight's-sword/thumbnail",
        "generatedAt": "2026-01-02T03:04:05.678Z",
    }


def test_element_of_bare_metadata_has_the_defaults(index: AssetIndex, root: Path) -> None:
    folder = make_asset(root, "x", "{}")
    (folder / "x.glb").unlink()
    assert index.list()[0].to_json() == {
        "id": "x",
        "name": "x",
        "description": "",
        "type": "unknown",
        "subtype": "",
        "metadata": {},
        "hasModel": False,
        "modelUrl": None,
        "conceptArtUrl": None,
        "hasThumbnail": False,
        "thumbnailUrl": None,
    }


def test_urls_of_ids_in_other_scripts_are_percent_encoded(index: AssetIndex, root: Path) -> None:
    make_asset(root, "剣(1)")
    assert index.list()[0].to_json()["modelUrl"] == "/api/assets/%E5%89%A3(1)/model"


def test_list_is_newest_first_by_time_not_by_text(index: AssetIndex, root: Path) -> None:
    times: dict[str, Any] = {
        "no-time": None,
        "a-number": 5,
        "a-list": ["2026"],
        "nonsense": "soon",
        "oldest": "2025-12-31T23:59:59Z",
        "second": "2026-01-01T11:00:00+02:00",
        "newest": "2026-01-01T09:30:00.000Z",
        "naive": "2026-01-01T08:00:00",
        "first-year": "0001-01-01T00:00:00+14:00",
    }
    for name, value in times.items():
        make_asset(root, name, {} if value is None else {"generatedAt": value})
    assert ids(index) == [
        "newest", "second", "naive", "oldest", "first-year",
        "a-list", "a-number", "no-time", "nonsense",
    ]  # fmt: skip


def test_generated_at_that_is_no_text_is_left_out(index: AssetIndex, root: Path) -> None:
    make_asset(root, "x", {"generatedAt": 5, "name": 7, "type": None})
    element = index.list()[0].to_json()
    assert "generatedAt" not in element
    assert (element["name"], element["type"]) == ("x", "unknown")


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", "null", '"x"', '{"a": NaN}', '{"a": "\\ud800"}', "[" * 100_000, "\xff\xfe"],
)
def test_broken_metadata_is_left_out_with_one_warning(
    index: AssetIndex, root: Path, broken: str
) -> None:
    make_asset(root, "good")
    (make_asset(root, "bad") / "metadata.json").write_bytes(broken.encode("latin-1"))
    with capture_logs() as logs:
        assert ids(index) == ["good"]
        assert ids(index) == ["good"]
    assert [log["folder"] for log in logs] == ["bad"]


def test_warning_comes_again_after_the_state_has_changed(index: AssetIndex, root: Path) -> None:
    folder = make_asset(root, "x", "{")
    with capture_logs() as logs:
        index.list()
        (folder / "metadata.json").write_text("{}")
        assert ids(index) == ["x"]
        (folder / "metadata.json").unlink()
        index.list()
        index.list()
    assert len(logs) == 2


def test_what_is_no_asset_is_left_out(index: AssetIndex, root: Path) -> None:
    make_asset(root, ".forge")
    (root / "file.txt").write_text("x")
    (root / "empty").mkdir()
    make_asset(root, "bad name")
    (root / "linked").symlink_to(make_asset(root, "real"))
    with capture_logs() as logs:
        assert ids(index) == ["real"]
    assert sorted(log["folder"] for log in logs) == ["bad name", "empty"]


def test_metadata_with_a_byte_order_mark_is_read(index: AssetIndex, root: Path) -> None:
    (make_asset(root, "x") / "metadata.json").write_bytes(b'\xef\xbb\xbf{"name": "X"}')
    assert index.list()[0].metadata == {"name": "X"}


def test_missing_root_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable):
        AssetIndex(AssetRoot(tmp_path / "nowhere")).list()


def test_edit_of_the_same_size_is_seen_at_once(index: AssetIndex, root: Path) -> None:
    path = make_asset(root, "x", '{"name": "0"}') / "metadata.json"
    for number in "123456789":
        path.write_text(json.dumps({"name": number}))
        assert index.list()[0].metadata == {"name": number}


def test_unchanged_metadata_is_parsed_once(
    index: AssetIndex, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_module, "_SETTLED_NS", -1)
    make_asset(root, "x")
    assert index.list()[0].metadata is index.list()[0].metadata


def test_change_is_seen_though_the_clock_has_jumped_back_to_the_same_time(
    index: AssetIndex, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk with coarse times: the second write leaves the very same key behind."""
    monkeypatch.setattr(index_module, "_stat_key", lambda _: ((1, 1, 1, 1), 1))
    path = make_asset(root, "x", '{"name": "0"}') / "metadata.json"
    jumped_ns = 0
    monkeypatch.setattr(index_module, "_clock_offset_ns", lambda: jumped_ns)
    index = AssetIndex(AssetRoot(root))
    for number in "0123":
        path.write_text(json.dumps({"name": number}))
        assert index.list()[0].metadata == {"name": number}
        assert index.entry("x").metadata == {"name": number}
        jumped_ns -= 3_600_000_000_000


def test_metadata_written_while_the_clock_is_ahead_is_read_until_the_time_has_come(
    index: AssetIndex, root: Path
) -> None:
    path = make_asset(root, "x", '{"name": "0"}') / "metadata.json"
    for number in "123":
        path.write_text(json.dumps({"name": number}))
        os.utime(path, (4e9, 4e9))
        assert index.list()[0].metadata == {"name": number}


def test_concept_art_behind_a_symlink_is_named_only_when_it_is_shown(
    index: AssetIndex, root: Path
) -> None:
    (root.parent / "outside.png").touch()
    (make_asset(root, "out") / "concept-art.png").symlink_to(root.parent / "outside.png")
    (make_asset(root, "in") / "concept-art.png").symlink_to("in.glb")
    assert {entry.id: entry.has_concept_art for entry in index.list()} == {"in": True, "out": False}


def test_deleted_and_added_assets_are_seen(index: AssetIndex, root: Path) -> None:
    folder = make_asset(root, "x")
    assert ids(index) == ["x"]
    folder.rename(root / "y")
    assert ids(index) == ["y"]


def test_entry_of_an_unknown_asset_is_not_found(index: AssetIndex, root: Path) -> None:
    make_asset(root, "bad", "{")
    for name in ("unknown", "bad"):
        with pytest.raises(NotFound):
            index.entry(name)
