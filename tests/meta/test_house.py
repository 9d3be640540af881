"""The house as it is said to be: imports, sizes, and documents that leave nothing out."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from asset_forge import errors
from asset_forge.errors import ForgeError
from asset_forge.settings import PROJECT_DIR, Settings

PACKAGE = PROJECT_DIR / "asset_forge"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 420
README = PROJECT_DIR / "README.md"
ENV_EXAMPLE = PROJECT_DIR / ".env.example"
ERRORS_PAGE = PROJECT_DIR / "docs" / "errors.md"
# How an error names its code: as the default of a class, or where it is raised.
CODE = re.compile(r"""\bcode(?::\s*[\w\[\]]+)?\s*=\s*"([a-z0-9_]+)\"""")


def relative(path: Path) -> str:
    return path.relative_to(PROJECT_DIR).as_posix()


def variables() -> list[str]:
    return [name.upper() for name in Settings.model_fields]


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        cwd=PROJECT_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def imported_by(path: Path) -> set[str]:
    """Names of the packages that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def test_fastapi_is_known_to_app_and_routers_alone() -> None:
    users = {relative(path) for path in SOURCES if "fastapi" in imported_by(path)}
    assert users
    allowed = ("asset_forge/app.py", "asset_forge/routers/")
    assert not {name for name in users if not name.startswith(allowed)}


def test_modules_of_the_web_process_load_no_numpy() -> None:
    heavy = ("numpy", "scipy", "skimage", "PIL", "fast_simplification", "DracoPy")
    program = (
        "import sys, asset_forge.app, asset_forge.image_server, asset_forge.wiring\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_no_file_is_longer_than_a_room() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


def test_every_file_says_what_lives_in_it() -> None:
    texts = {relative(path): path.read_text() for path in SOURCES}
    silent = [name for name, text in texts.items() if not ast.get_docstring(ast.parse(text))]
    assert silent == []


# --- documents ---


@pytest.mark.parametrize("variable", variables())
def test_setting_has_a_row_in_the_readme(variable: str) -> None:
    rows = [line for line in README.read_text().splitlines() if line.startswith("|")]
    assert [row for row in rows if f"`{variable}`" in row.split("|")[1]], variable


@pytest.mark.parametrize("variable", variables())
def test_setting_is_in_the_example_with_its_default(variable: str) -> None:
    lines = ENV_EXAMPLE.read_text().splitlines()
    (line,) = [line for line in lines if re.match(rf"(# )?{variable}=", line)]
    written = line.split("=", 1)[1]
    default = Settings.model_fields[variable.lower()].default
    if isinstance(default, bool):
        default = int(default)
    shown = "" if default in (None, "", ()) else str(default)
    if not line.startswith("#") or written:
        assert written == shown


def test_example_names_no_variable_that_is_not_read() -> None:
    named = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", ENV_EXAMPLE.read_text(), re.MULTILINE)
    assert set(named) == set(variables())
    assert len(named) == len(set(named))


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def error_codes() -> list[str]:
    """Every code that an error answer can hold."""
    codes = {
        value.code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, ForgeError)
    }
    for path in SOURCES:
        if path.is_relative_to(PACKAGE / "cli"):
            continue
        codes |= set(CODE.findall(path.read_text()))
    return sorted(codes)


@pytest.mark.parametrize("code", error_codes())
def test_error_code_is_documented(code: str) -> None:
    assert f"`{code}`" in ERRORS_PAGE.read_text()


def test_errors_page_names_no_code_that_is_never_sent() -> None:
    source = "\n".join(path.read_text() for path in SOURCES)
    rows = [line for line in ERRORS_PAGE.read_text().splitlines() if line.startswith("|")]
    documented = {code for row in rows for code in re.findall(r"^\|\s*`([a-z0-9_]+)`", row)}
    assert documented
    assert not {code for code in documented if f'"{code}"' not in source}


def test_tree_of_errors_is_drawn_with_every_error() -> None:
    drawn = errors.__doc__ or ""
    named = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, ForgeError)
    }
    assert not {name for name in named if not re.search(rf"\b{name}\b", drawn)}
