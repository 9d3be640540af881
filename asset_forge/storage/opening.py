"""Opening files so that no symlink leads elsewhere, not even one that was put there just now.

Which file it is has been decided before; see paths.py.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

# With O_PATH a folder that may only be passed through can be passed through. Not every system
# has it; there it takes the right to list the folder.
_PASS_THROUGH = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_real(home: Path, *names: str) -> BinaryIO:
    """Open a file below a folder to read it: neither the folder nor a name below is a symlink.

    What stands above the folder may be one. Raises FileNotFoundError for a symlink, and for
    whatever else is no plain file.
    """
    descriptor = _open(home, names)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise FileNotFoundError(errno.ENOENT, "this is no plain file", str(home.joinpath(*names)))
    return os.fdopen(descriptor, "rb")


def read_real(home: Path, *names: str) -> bytes:
    """Return what is in a file, opened as by `open_real`."""
    with open_real(home, *names) as file:
        return file.read()


def _open(home: Path, names: tuple[str, ...]) -> int:
    try:
        folder = os.open(home, _PASS_THROUGH)
        try:
            for name in names[:-1]:
                folder, above = os.open(name, _PASS_THROUGH, dir_fd=folder), folder
                os.close(above)
            return os.open(names[-1], _READ, dir_fd=folder)
        finally:
            os.close(folder)
    except OSError as error:
        # A symlink is ELOOP, or ENOTDIR on the way; a socket is ENXIO.
        if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
            raise FileNotFoundError(
                errno.ENOENT, "this is no plain file", str(home.joinpath(*names))
            ) from None
        raise
