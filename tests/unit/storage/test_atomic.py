"""A file or folder is there whole or not at all."""

import errno
import json
import os
from pathlib import Path
from typing import NoReturn

import pytest

from asset_forge.errors import BadInput, StorageUnavailable
from asset_forge.storage import atomic
from asset_forge.storage.atomic import write_bytes, write_json


def fail_with(code: int) -> NoReturn:
    raise OSError(code, os.strerror(code))


def test_write_json_has_two_spaces_a_newline_and_plain_letters(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"name": "épée", "list": [1]})
    text = (tmp_path / "x.json").read_text()
    assert text == '{\n  "name": "épée",\n  "list": [\n    1\n  ]\n}\n'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_write_json_of_what_json_cannot_hold_keeps_the_old_file(
    tmp_path: Path, value: object
) -> None:
    write_json(tmp_path / "x.json", {"a": 1})
    with pytest.raises(BadInput):
        write_json(tmp_path / "x.json", {"a": value})
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": 1}


@pytest.mark.parametrize(
    ("code", "expected"), [(errno.ENOSPC, "disk_full"), (errno.EROFS, "storage_unavailable")]
)
def test_write_to_a_failing_disk_keeps_the_old_file_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: str
) -> None:
    (tmp_path / "x").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", lambda _: fail_with(code))
    with pytest.raises(StorageUnavailable) as raised:
        write_bytes(tmp_path / "x", b"new")
    assert raised.value.error_code == expected
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_bytes() == b"old"


def test_write_over_a_folder_leaves_no_rest(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError):
        write_bytes(tmp_path / "x", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_link_or_copy_copies_where_there_are_no_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_bytes(b"data")
    monkeypatch.setattr(os, "link", lambda *_: fail_with(errno.EXDEV))
    atomic.link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"data"
    with pytest.raises(FileExistsError):
        atomic.link_or_copy(tmp_path / "a", tmp_path / "b")
