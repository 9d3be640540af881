"""A file is opened where it was found, whatever was put in its place or on the way meanwhile."""

import os
import socket
from pathlib import Path

import pytest

from asset_forge.errors import Conflict, NotFound
from asset_forge.storage.assets import AssetStore
from asset_forge.storage.metadata import MetadataUnreadable, load_metadata
from asset_forge.storage.opening import open_real, read_real
from asset_forge.storage.paths import AssetRoot
from tests.support.assets import make_asset

SECRET = "outside"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    (folder / "sprites").mkdir(parents=True)
    for name in ("x.png", "sprites/x.png", "metadata.json"):
        (folder / name).write_text(f'{{"name": "{SECRET}"}}')
    return folder


def test_plain_file_is_read_by_any_number_of_names(tmp_path: Path, outside: Path) -> None:
    assert SECRET in read_real(outside, "x.png").decode()
    assert SECRET in read_real(outside, "sprites", "x.png").decode()
    assert SECRET in read_real(Path("/"), *outside.parts[1:], "x.png").decode()


def test_what_stands_above_the_folder_may_be_a_symlink(tmp_path: Path, outside: Path) -> None:
    (tmp_path / "linked").symlink_to(tmp_path)
    assert SECRET in read_real(tmp_path / "linked" / "outside", "x.png").decode()


@pytest.mark.parametrize(
    ("home", "names"),
    [
        ("linked", ["x.png"]),
        ("home", ["linked", "x.png"]),
        ("home", ["linked", "sprites", "x.png"]),
        ("home", ["x.png"]),
        ("home", ["dangling.png"]),
        ("home", ["folder"]),
        ("home", ["pipe"]),
        ("home", ["socket"]),
        ("home", ["missing"]),
        ("home", ["file", "x.png"]),
        ("missing", ["x.png"]),
    ],
)
def test_symlink_or_what_is_no_plain_file_is_not_found(
    tmp_path: Path, outside: Path, home: str, names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "linked").symlink_to(outside)
    folder = tmp_path / "home"
    (folder / "folder").mkdir(parents=True)
    (folder / "linked").symlink_to(outside)
    (folder / "x.png").symlink_to(outside / "x.png")
    (folder / "dangling.png").symlink_to("nowhere")
    (folder / "file").touch()
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        before = len(list(Path("/dev/fd").iterdir()))
        with pytest.raises(FileNotFoundError):
            open_real(tmp_path / home, *names)
    assert len(list(Path("/dev/fd").iterdir())) == before - 1


# --- what changes between the look and the opening ---


def test_asset_that_becomes_a_symlink_shows_nothing_of_where_it_leads(
    store: AssetStore, root: Path, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = root / "sword"
    folder.symlink_to(outside)
    (outside / "sword.glb").write_text(SECRET)
    monkeypatch.setattr(AssetRoot, "existing_folder", lambda *_: folder)
    with pytest.raises(NotFound):
        store.root.file("sword", "x.png")
    with pytest.raises(NotFound):
        store.model_path("sword")
    with pytest.raises(MetadataUnreadable):
        load_metadata(folder)
    with pytest.raises(NotFound):
        store.read_metadata("sword")


def test_folder_of_an_asset_that_becomes_a_symlink_is_not_followed(
    store: AssetStore, root: Path, outside: Path
) -> None:
    folder = make_asset(root, "sword", sprites__x=b"of the sword")
    found = store.root.file("sword", "sprites/x.glb")
    (folder / "sprites" / "x.glb").unlink()
    (folder / "sprites").rmdir()
    (outside / "sprites" / "x.glb").write_text(SECRET)
    (folder / "sprites").symlink_to(outside / "sprites")
    with pytest.raises(FileNotFoundError):
        open_real(Path(found.anchor), *found.parts[1:])


def test_metadata_that_is_a_pipe_stops_nobody(store: AssetStore, root: Path) -> None:
    make_asset(root, "axe")
    folder = make_asset(root, "sword")
    (folder / "metadata.json").unlink()
    os.mkfifo(folder / "metadata.json")
    assert [entry.id for entry in store.index.list()] == ["axe"]


# --- what is put where a symlink stands ---


@pytest.mark.parametrize("name", ["animations/walking.glb", "animations/deep/er/walking.glb"])
def test_file_is_not_put_through_a_symlink(
    store: AssetStore, root: Path, outside: Path, name: str
) -> None:
    folder = make_asset(root, "hero")
    (folder / "animations").symlink_to(outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(Conflict, match="animations"):
        store.replace_files("hero", {name: folder / "hero.glb"}, lambda _: None)
    with pytest.raises(Conflict, match="animations"):
        store.replace_files("hero", {}, lambda _: None, gone=["animations/x.png"])
    assert sorted(outside.rglob("*")) == before


def test_sprites_take_the_place_of_a_symlink_and_leave_where_it_led(
    store: AssetStore, root: Path, outside: Path
) -> None:
    folder = make_asset(root, "sword")
    (folder / "sprites").symlink_to(outside / "sprites")
    (folder / "sprite-metadata.json").symlink_to(outside / "metadata.json")
    store.save_sprites("sword", [(0, b"new")], {})
    assert [path.name for path in (folder / "sprites").iterdir()] == ["0deg.png"]
    assert not (folder / "sprites").is_symlink()
    assert [path.name for path in (outside / "sprites").iterdir()] == ["x.png"]
    assert SECRET in (outside / "metadata.json").read_text()
