"""Nothing outside an asset's folder can be reached, however it is written."""

import os
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_forge.errors import BadInput, ForgeError, NotFound, StorageUnavailable
from asset_forge.storage.paths import AssetRoot, existing_file
from tests.support.assets import make_asset

HOSTILE_PATHS = [
    "",
    ".",
    "..",
    "../other/other.glb",
    "sprites/../metadata.json",
    "sprites/../../other/other.glb",
    "/etc/passwd",
    "//etc/passwd",
    "sprites//0deg.png",
    "sprites/",
    "sprites",
    ".hidden",
    "sprites/.hidden",
    ".git/config",
    "sprites\\0deg.png",
    "..\\other\\other.glb",
    "metadata.json\0.png",
    "metadata.json/",
    "metadata.json/x",
    "a\nb",
    "\ud800",
    "x" * 300,
    "x/" * 800 + "x",
]
HOSTILE_IDS = [
    "", ".", "..", "../x", "a/b", "a\\b", "a\0b", ".forge", "-x", "x.", "a..b", "con", "NUL.txt",
    "a b", "a:b", "a%2fb", "x" * 101, "\ud800", "a\nb", "~", "*",
]  # fmt: skip


@pytest.fixture
def asset_root(root: Path) -> AssetRoot:
    folder = make_asset(root, "sword")
    make_asset(root, "other")
    (folder / "sprites").mkdir()
    (folder / "sprites" / "0deg.png").write_bytes(b"png")
    (folder / ".hidden").write_text("secret")
    (folder / "sprites" / ".hidden").write_text("secret")
    return AssetRoot(root)


def test_file_below_the_folder_is_found(asset_root: AssetRoot) -> None:
    assert asset_root.file("sword", "sprites/0deg.png").read_bytes() == b"png"


@pytest.mark.parametrize("relative", HOSTILE_PATHS)
def test_file_by_a_hostile_path_is_not_found(asset_root: AssetRoot, relative: str) -> None:
    with pytest.raises(NotFound):
        asset_root.file("sword", relative)


@pytest.mark.parametrize("asset_id", HOSTILE_IDS)
def test_folder_of_a_hostile_id_is_bad_input(asset_root: AssetRoot, asset_id: str) -> None:
    with pytest.raises(BadInput):
        asset_root.existing_folder(asset_id)


@pytest.mark.parametrize(
    "target",
    ["../other/other.glb", "../../outside.txt", "/etc/passwd", ".hidden", "loop.glb", "gone.glb"],
)
def test_symlink_to_elsewhere_is_not_found(asset_root: AssetRoot, target: str) -> None:
    (asset_root.path.parent / "outside.txt").write_text("secret")
    (asset_root.folder("sword") / "loop.glb").symlink_to(target)
    with pytest.raises(NotFound):
        asset_root.file("sword", "loop.glb")


def test_symlinked_folder_inside_is_left_by_no_path(asset_root: AssetRoot) -> None:
    (asset_root.folder("sword") / "way-out").symlink_to(asset_root.path / "other")
    with pytest.raises(NotFound):
        asset_root.file("sword", "way-out/other.glb")


def test_symlink_inside_the_folder_is_followed(asset_root: AssetRoot) -> None:
    (asset_root.folder("sword") / "front.png").symlink_to("sprites/0deg.png")
    assert asset_root.file("sword", "front.png").read_bytes() == b"png"


def test_asset_folder_that_is_a_symlink_is_not_found(asset_root: AssetRoot) -> None:
    (asset_root.path / "linked").symlink_to(asset_root.path / "sword")
    with pytest.raises(NotFound):
        asset_root.existing_folder("linked")


def test_pipe_in_the_folder_is_not_found(asset_root: AssetRoot) -> None:
    os.mkfifo(asset_root.folder("sword") / "pipe.glb")
    with pytest.raises(NotFound):
        asset_root.file("sword", "pipe.glb")


def test_root_that_is_a_symlink_works(asset_root: AssetRoot, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(asset_root.path)
    assert AssetRoot(tmp_path / "elsewhere").file("sword", "sprites/0deg.png").is_file()


def test_missing_root_is_unavailable_and_not_empty(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="ASSET_OUTPUT_DIR"):
        AssetRoot(tmp_path / "nowhere").existing_folder("sword")


def test_folder_in_another_normalisation_is_found(asset_root: AssetRoot) -> None:
    decomposed = unicodedata.normalize("NFD", "épée")
    make_asset(asset_root.path, decomposed)
    assert asset_root.existing_folder("épée").name == decomposed


@pytest.mark.parametrize(
    ("there", "asked"),
    [("sword", "Sword"), ("Épée", "épée"), ("STRASSE", "straße"), ("ﬁle", "file"), ("Ω", "ω")],
)
def test_names_like_an_id_are_those_that_some_disks_do_not_tell_from_it(
    root: Path, there: str, asked: str
) -> None:
    make_asset(root, unicodedata.normalize("NFD", there))
    make_asset(root, "other")
    assert AssetRoot(root).names_like(asked) == [unicodedata.normalize("NFD", there)]


@pytest.fixture
def case_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every path be found in any case, as on the disks of Windows and macOS."""

    def blind(look: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def call(path: Any, *args: Any, **more: Any) -> os.stat_result:
            try:
                return look(path, *args, **more)
            except FileNotFoundError:
                above = Path(path).parent
                for other in above.iterdir() if above.is_dir() else ():
                    if other.name.casefold() == Path(path).name.casefold():
                        return look(other, *args, **more)
                raise

        return call

    monkeypatch.setattr(os, "stat", blind(os.stat))
    monkeypatch.setattr(os, "lstat", blind(os.lstat))


@pytest.mark.usefixtures("case_blind")
def test_asset_has_one_name_on_a_disk_that_ignores_case(root: Path) -> None:
    make_asset(root, "sword")
    make_asset(root, "42")
    assert (root / "SWORD").is_dir()
    assert AssetRoot(root).existing_folder("sword").name == "sword"
    assert AssetRoot(root).existing_folder("42").name == "42"
    for other in ("Sword", "SWORD"):
        with pytest.raises(NotFound):
            AssetRoot(root).existing_folder(other)


_NAMES = st.sampled_from(["..", ".", "", "sword", "other", "secret.txt", "a", "%2e%2e", "~", "\\"])
_PATHS = st.lists(_NAMES, max_size=6).map("/".join) | st.text(max_size=30)


@given(asset_id=_NAMES | st.text(max_size=20), relative=_PATHS)
def test_any_id_and_path_stay_inside_the_folder(asset_id: str, relative: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        base = Path(name).resolve()
        (base / "secret.txt").write_text("secret")
        make_asset(base / "root", "sword")
        make_asset(base / "root", "other")
        (base / "root" / "sword" / "a").mkdir()
        (base / "root" / "sword" / "a" / "secret.txt").write_text("of the sword")
        root = AssetRoot(base / "root")
        try:
            found = root.file(asset_id, relative)
        except ForgeError:
            return
        assert found.is_relative_to(root.folder(asset_id))
        assert root.folder(asset_id).parent == root.path


@given(relative=_PATHS)
def test_any_path_is_found_or_not_found(relative: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        try:
            existing_file(folder, relative)
        except NotFound:
            return
        raise AssertionError("an empty folder has no files")
