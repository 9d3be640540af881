"""What must be true after every kill, once the service was started again and all has ended.

Each check raises AssertionError with everything that is wrong, not with the first thing only.
"""

import hashlib
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.crash.books import FINAL, Books, Row, payer_of, read_books
from tests.crash.harness import Forge
from tests.fakes.meshy import FakeMeshy
from tests.fakes.openai import FakeOpenAI

Json = dict[str, Any]

CREDITS = 100_000
"""What the fake Meshy has at first, so that what was consumed can be told."""


@dataclass
class Seen:
    """What clients know: what they were told, and what they have asked for without an answer.

    Names are never used twice by a test, so that a file can be followed through renames.
    """

    ended: dict[str, str] = field(default_factory=dict)
    """Pipelines that a client has seen end, with their last states."""
    renamed: dict[str, str] = field(default_factory=dict)
    """Old names to new ones, answered or not."""
    deleted: set[str] = field(default_factory=set)
    """Assets that somebody wanted to delete, answered or not."""
    resprited: set[str] = field(default_factory=set)
    """Assets whose sprites a client has replaced, answered or not."""

    def note(self, status: Json) -> bool:
        """Take note of a status; True when it is a last one. A last state must never change."""
        if status["status"] not in FINAL:
            before = self.ended.get(status["id"])
            assert before is None, f"{status['id']} had {before} and is {status['status']} now"
            return False
        before = self.ended.setdefault(status["id"], status["status"])
        assert before == status["status"], f"{status['id']} was {before}, is {status['status']}"
        return True


@dataclass(frozen=True)
class Payments:
    """Figures of what was paid. `duplicates` were bought and belong to nobody.

    `undecided` belong to nobody either, but their pipelines say so: Meshy's list did not tell
    whose they are. `asked_again` are calls to OpenAI that say they may have been billed twice.
    """

    submits: int
    duplicates: int
    undecided: int
    asked_again: int


def check_all(forge: Forge, seen: Seen) -> Payments:
    """Hold a service that was stopped, with nothing unfinished, against every invariant."""
    books = read_books(forge.root)
    assert books.unfinished == []
    check_states(books, seen)
    check_library(forge.root)
    check_files(forge.root, books, seen)
    check_left_overs(forge.root, books)
    payments = check_payments(books, forge.openai, forge.meshy)
    check_ledger(books, forge.meshy)
    return payments


def _none_wrong(wrong: list[str]) -> None:
    assert not wrong, "\n".join(wrong)


# --- what clients were told ---


def check_states(books: Books, seen: Seen) -> None:
    """A last state that somebody saw is the last one, and no pipeline has vanished."""
    states = {row["id"]: row["status"] for row in books.pipelines}
    _none_wrong(
        [
            f"{pipeline_id} was seen {status} and is {states.get(pipeline_id)}"
            for pipeline_id, status in seen.ended.items()
            if states.get(pipeline_id) != status
        ]
    )
    # A stage of a pipeline that has ended is not under way.
    ended = {row["id"] for row in books.pipelines if row["status"] in FINAL}
    _none_wrong(
        [
            f"{row['pipeline_id']} has ended with {row['name']} processing"
            for row in books.stages
            if row["status"] == "processing" and row["pipeline_id"] in ended
        ]
    )
    _none_wrong([f"{row['key']} is no pipeline's" for row in books.keys if not _known(row, books)])


def _known(key: Row, books: Books) -> bool:
    return any(row["id"] == key["pipeline_id"] for row in books.pipelines)


# --- assets ---


def check_library(root: Path) -> None:
    """Every asset is whole: metadata, model, variants, rig, sprites fit each other."""
    assets = {
        folder.name: json.loads((folder / "metadata.json").read_bytes())
        for folder in root.iterdir()
        if not folder.name.startswith(".")
    }
    wrong: list[str] = []
    for asset_id, metadata in assets.items():
        folder = root / asset_id
        wrong += [f"{asset_id} is called {metadata['gameId']}"] * (metadata["gameId"] != asset_id)
        wrong += [f"{asset_id}: {said}" for said in _broken_files(folder, metadata)]
        wrong += [
            f"{asset_id} lists {variant_id}, which is not there"
            for variant_id in metadata.get("variants") or ()
            if variant_id not in assets
        ]
        base = assets.get(metadata.get("parentBaseModel") or "")
        if base is not None and asset_id not in (base.get("variants") or ()):
            wrong.append(f"{asset_id} is not listed by its base")
    _none_wrong(wrong)


def _broken_files(folder: Path, metadata: Json) -> list[str]:
    wanted = [f"{folder.name}.glb"]
    if metadata.get("isRigged"):
        wanted += [f"{folder.name}_rigged.glb", *metadata["animations"]["basic"].values()]
    wrong = []
    for name in wanted:
        try:
            data = (folder / name).read_bytes()
            if len(data) < 12 or struct.unpack_from("<4sII", data)[::2] != (b"glTF", len(data)):
                wrong.append(f"{name} is no whole GLB")
        except FileNotFoundError:
            wrong.append(f"{name} is missing")
    count = metadata.get("spriteCount") or 0
    shown = folder / "sprite-metadata.json"
    told = json.loads(shown.read_bytes())["spriteCount"] if shown.exists() else 0
    lying = len(list((folder / "sprites").glob("*.png"))) if (folder / "sprites").exists() else 0
    if len({count, told, lying}) > 1:
        wrong.append(f"{count} sprites in metadata, {told} in their own, {lying} in the folder")
    return wrong


def check_files(root: Path, books: Books, seen: Seen) -> None:
    """Every file that the journal says was saved is there, with the bytes that it says."""
    newest: dict[str, Row] = {}
    numbers = {row["id"]: row["number"] for row in books.pipelines}
    for row in sorted(books.artifacts, key=lambda row: numbers[row["pipeline_id"]]):
        asset_id, _, name = row["path"].partition("/")
        if name == f"{asset_id}.glb":
            # With a new mesh all files of the old one may have gone.
            newest = {
                path: older
                for path, older in newest.items()
                if not path.startswith(f"{asset_id}/") or older["pipeline_id"] == row["pipeline_id"]
            }
        newest[row["path"]] = row
    wrong = []
    for path, row in newest.items():
        place = _place_now(root, path, books.pipeline(row["pipeline_id"]), seen)
        if place is None:
            continue
        if not place.is_file():
            if not _is_of_an_older_mesh(root, place, numbers[row["pipeline_id"]], numbers):
                wrong.append(f"{path} of {row['pipeline_id']} is gone")
        elif hashlib.sha256(place.read_bytes()).hexdigest() != row["sha256"]:
            wrong.append(f"{path} of {row['pipeline_id']} has other bytes")
    _none_wrong(wrong)


def _is_of_an_older_mesh(root: Path, place: Path, number: int, numbers: dict[str, int]) -> bool:
    """Tell whether a later pipeline has replaced the mesh, and with it the files made of the old.

    One that was cancelled right after it had published has noted no file of its own.
    """
    name = place.relative_to(root).parts[0]
    if name.startswith("."):
        return False
    made_by = json.loads((root / name / "metadata.json").read_bytes()).get("pipelineId")
    return numbers.get(made_by, -1) > number


def _place_now(root: Path, path: str, pipeline: Row, seen: Seen) -> Path | None:
    """Return where a file should lie by now, None when it need not be anywhere."""
    if path.startswith(".forge/"):
        # What a pipeline worked on is kept for its retry alone.
        is_kept = pipeline["status"] in ("failed", "cancelled") and not pipeline["retried_by"]
        return root / path if is_kept else None
    asset_id, _, name = path.partition("/")
    names = {asset_id, *_later_names(asset_id, seen)}
    # With the sprites goes the sheet that shows them.
    if name.startswith(("sprites/", "sprite-sheet.")) and names & seen.resprited:
        return None
    if not (root / asset_id).exists():
        if {asset_id, *_names_of_base(pipeline, seen)} & seen.deleted:
            return None
        for new_id in _later_names(asset_id, seen):
            tail = name.removeprefix(asset_id)
            if tail != name and tail.endswith(".glb") and tail.startswith((".", "_", "-")):
                name = new_id + tail
            asset_id = new_id
            if (root / asset_id).exists():
                break
            if asset_id in seen.deleted:
                return None
    return root / asset_id / name


def _names_of_base(pipeline: Row, seen: Seen) -> list[str]:
    """Return what the base of a pipeline's assets was called; its variants go with it."""
    base_id = json.loads(pipeline["plan"]).get("base_id", pipeline["asset_id"])
    return [base_id, *_later_names(base_id, seen)]


def _later_names(asset_id: str, seen: Seen) -> list[str]:
    names = []
    while asset_id in seen.renamed:
        asset_id = seen.renamed[asset_id]
        names.append(asset_id)
    return names


def check_left_overs(root: Path, books: Books) -> None:
    """Nothing lies about: no temporary file, no half change, no workspace that nobody needs."""
    state = root / ".forge"
    wrong = [str(p.relative_to(root)) for p in root.rglob("*") if p.suffix in (".tmp", ".part")]
    for name in ("changes", "trash", "set-aside", "hosted"):
        folder = state / name
        wrong += [f".forge/{name}/{p.name}" for p in folder.iterdir()] if folder.exists() else []
    needed = {row["workspace"] for row in books.pipelines if _may_be_retried(row, books)}
    work = state / "work"
    found = {path.name for path in work.iterdir()} if work.exists() else set()
    wrong += [str((work / name).relative_to(root)) for name in sorted(found - needed)]
    _none_wrong([f"{name} was left over" for name in wrong])


def _may_be_retried(pipeline: Row, books: Books) -> bool:
    if pipeline["retried_by"]:
        return False
    return pipeline["status"] != "completed" or any(
        row["status"] == "failed" or '"success":false' in (row["result"] or "")
        for row in books.stages
        if row["pipeline_id"] == pipeline["id"]
    )


# --- money ---


def check_payments(books: Books, openai: FakeOpenAI, meshy: FakeMeshy) -> Payments:
    """Everything that was paid for belongs to one call of one pipeline."""
    payers = books.payers_of_tasks()
    wrong = [f"task {t} is of {sorted(p)}" for t, p in payers.items() if len(p) > 1]
    nobodys = [
        task for task in meshy.tasks.values() if task.status != "FAILED" and task.id not in payers
    ]
    in_doubt = {
        payer_of(row)
        for row in books.calls
        if row["state"] == "intent" and row["key"].endswith(".submit")
    }
    undecided = min(len(nobodys), len(in_doubt))
    duplicates = len(nobodys) - undecided
    wrong += [f"{task.id} ({task.kind}) is nobody's" for task in nobodys] if duplicates else []
    tries: dict[tuple[str, str], int] = {}
    for row in books.calls:
        if row["key"] in ("promptOptimization/write", "imageGeneration/draw"):
            tries[payer_of(row)] = max(tries.get(payer_of(row), 0), row["tries"])
    wrong += [f"{payer} was sent {count} times" for payer, count in tries.items() if count > 2]
    billed = openai.billed_chats + openai.billed_images
    if billed > sum(tries.values()):
        wrong.append(f"OpenAI billed {billed} calls, the journal knows {sum(tries.values())}")
    wrong += _not_told(books, tries)
    _none_wrong(wrong)
    return Payments(
        submits=sum(meshy.created.values()) + billed,
        duplicates=duplicates,
        undecided=undecided,
        asked_again=sum(count > 1 for count in tries.values()),
    )


def _not_told(books: Books, tries: dict[tuple[str, str], int]) -> list[str]:
    """Name calls that were made twice without their stage saying so."""
    notes = {(row["pipeline_id"], row["name"]) for row in books.stages if row["note"] is not None}
    told = {
        (payer_of(row)[0], row["key"])
        for row in books.calls
        if (row["pipeline_id"], row["key"].partition("/")[0]) in notes
    }
    return [
        f"{payer} was sent twice, and its stage says nothing"
        for payer, count in tries.items()
        if count > 1 and payer not in told
    ]


def check_ledger(books: Books, meshy: FakeMeshy) -> None:
    """The ledger's sum is what Meshy took, and nothing that has ended well is an estimate.

    Only what it says to be an estimate may be more, where a kill came upon a refund.
    """
    written = sum(row["credits"] or 0.0 for row in books.charges)
    consumed = CREDITS - meshy.credits
    cancelled = {row["id"] for row in books.pipelines if row["status"] == "cancelled"}
    # Killed after the maker had given credits back and before that was known: on the safe side.
    in_doubt = sum(
        row["credits"] or 0.0
        for row in books.charges
        if row["pipeline_id"] in cancelled
        and not row["is_certain"]
        and row["task_id"] not in meshy.tasks
    )
    is_right = written - in_doubt <= consumed <= written
    assert is_right, _compared(books, meshy, written, consumed)
    completed = {row["id"] for row in books.pipelines if row["status"] == "completed"}
    failed = {
        (row["pipeline_id"], row["name"]) for row in books.stages if row["status"] == "failed"
    }
    made_again = {payer_of(row) for row in books.calls if row["tries"] > 1}
    _none_wrong(
        [
            f"{row['pipeline_id']} {row['key']} is an estimate still"
            for row in books.charges
            if row["pipeline_id"] in completed
            and not row["is_certain"]
            and (row["pipeline_id"], row["key"].partition("/")[0]) not in failed
            # Whether the first try was billed nobody knows, and that is what it says.
            and (row["pipeline_id"], row["key"].partition("#")[0]) not in made_again
        ]
    )


def _compared(books: Books, meshy: FakeMeshy, written: float, consumed: float) -> str:
    charged = {row["task_id"]: row["credits"] or 0.0 for row in books.charges}
    lines = [f"the ledger says {written:g}, Meshy took {consumed:g}"]
    lines += [
        f"{row['key']} of {row['pipeline_id']}: there is no task {row['task_id']}"
        for row in books.charges
        if row["provider"] == "meshy" and row["credits"] and row["task_id"] not in meshy.tasks
    ]
    for task in meshy.tasks.values():
        real = 0 if task.status == "FAILED" else task.credits
        if charged[task.id] != real:
            lines.append(
                f"{task.id} ({task.kind}, {task.status}): {charged[task.id]:g}, not {real}"
            )
    return "\n".join(lines)
