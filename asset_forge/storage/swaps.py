"""Several files of an asset changed as one: all new, or all as they were."""

import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from asset_forge.storage.atomic import (
    hidden_beside,
    link_or_copy,
    remove_if_empty,
    sync_file,
    sync_folder,
    sync_tree,
)


@contextmanager
def swapped_in(
    folder: Path, new: Mapping[str, Path], *, gone: Iterable[str] = (), aside: Path
) -> Iterator[None]:
    """Put files and folders into an asset's folder, and take them out again if the body raises.

    `new` maps paths below `folder` to where the content lies; that is copied and stays. What
    `gone` names is taken out, where it is there.
    What was there is kept in `aside`, a folder that must not exist yet, for as long as the body
    runs. Everything that is likely to fail, such as a full disk, fails before the first swap.
    """
    with ExitStack() as undo:
        aside.mkdir(parents=True)
        undo.callback(remove_if_empty, aside)
        staged = [
            (folder / name, _stage(source, folder / name, undo)) for name, source in new.items()
        ]
        for number, (target, waiting) in enumerate(staged):
            _keep_old(target, aside / str(number), undo)
            waiting.rename(target)
        for number, name in enumerate(gone):
            if (folder / name).exists():
                (folder / name).rename(aside / f"gone-{number}")
                undo.callback(_put_back, aside / f"gone-{number}", folder / name)
        for parent in {folder, *(target.parent for target, _ in staged)}:
            sync_folder(parent)
        yield
        undo.pop_all()
    shutil.rmtree(aside, ignore_errors=True)


def _stage(source: Path, target: Path, undo: ExitStack) -> Path:
    """Bring content beside its target under a hidden name."""
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True)
        undo.callback(remove_if_empty, target.parent)
    waiting = hidden_beside(target)
    undo.callback(_discard, waiting)
    if source.is_dir():
        shutil.copytree(source, waiting)
        sync_tree(waiting)
    else:
        shutil.copyfile(source, waiting)
        sync_file(waiting)
    return waiting


def _keep_old(target: Path, kept: Path, undo: ExitStack) -> None:
    """Make way for a rename onto `target`, and note how to go back."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        undo.callback(_discard, target)
        return
    if stat.S_ISREG(mode):
        # The old file keeps its name until the new one takes it, so readers never miss it.
        link_or_copy(target, kept)
        undo.callback(_restore, kept, target)
    else:
        target.rename(kept)
        undo.callback(_put_back, kept, target)


def _restore(kept: Path, target: Path) -> None:
    kept.replace(target)
    # Renaming one name of a file onto another of its names does nothing, says POSIX.
    kept.unlink(missing_ok=True)


def _put_back(kept: Path, target: Path) -> None:
    _discard(target)
    kept.rename(target)


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
