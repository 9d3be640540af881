"""What clients do while the service dies: each story can be cut off anywhere and checked after.

A story is told to a service that will kill itself; then the service is started again, everything
is waited for, and the story's own check looks at what has become of it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.crash.books import read_books
from tests.crash.harness import Forge
from tests.crash.invariants import Seen
from tests.fakes.meshy_tasks import TaskScript
from tests.fakes.pictures import data_uri, png
from tests.support.service import LONGEST_RUN_S, preset, words

Json = dict[str, Any]

BLADE, GUARD = "old-blade", "old-guard"
SPRITES = {"enableSprites": True, "spriteConfig": {"angles": 4, "resolution": 16}}
_POLL_PAUSE_S = 0.005


class Gone(Exception):
    """The service has died before it answered."""


@dataclass
class Client:
    """Talks to a service and remembers what it was told."""

    forge: Forge
    seen: Seen
    told: Json = field(default_factory=dict)
    """What a story wants to know again after the kill."""

    def ask(self, method: str, path: str, *, key: str | None = None, **body: Any) -> Json:
        """Send a request and return what it is answered. Raises Gone when nobody answers."""
        headers = {"Idempotency-Key": key} if key else {}
        try:
            with self.forge.client() as http:
                answer = http.request(method, path, headers=headers, json=body or None)
        except httpx.TransportError as error:
            raise Gone from error
        assert answer.status_code < 300, answer.text
        found: Json = answer.json()
        return found

    def start(self, key: str, **fields: Any) -> str:
        """Start a generation; remember its id under the key and find the same one ever after."""
        return self.remember(key, self.ask("POST", "/api/generation/pipeline", key=key, **fields))

    def remember(self, key: str, answer: Json) -> str:
        pipeline_id: str = answer["pipelineId"]
        assert self.told.setdefault(key, pipeline_id) == pipeline_id, "the key has two pipelines"
        return pipeline_id

    def status(self, pipeline_id: str) -> Json:
        status = self.ask("GET", f"/api/generation/pipeline/{pipeline_id}")
        self.seen.note(status)
        return status

    def finish(self, pipeline_id: str) -> Json:
        return self.until(pipeline_id, lambda status: status["id"] in self.seen.ended)

    def until(self, pipeline_id: str, reached: Callable[[Json], bool]) -> Json:
        """Poll a pipeline until it stands so."""
        give_up_at = time.monotonic() + LONGEST_RUN_S
        while not reached(status := self.status(pipeline_id)):
            assert time.monotonic() < give_up_at, status
            time.sleep(_POLL_PAUSE_S)
        return status

    def finish_all(self) -> None:
        """Wait until every pipeline that there is has ended."""
        for row in read_books(self.forge.root).pipelines:
            self.finish(row["id"])

    def assets(self) -> dict[str, Json]:
        with self.forge.client() as http:
            return {asset["id"]: asset["metadata"] for asset in http.get("/api/assets").json()}


def prepare(client: Client) -> None:
    """Make the assets that stories find there."""
    client.start("blade", **words(name="Old Blade", materialPresets=[preset("bronze")], **SPRITES))
    client.start("guard", **guard("Old Guard", **SPRITES))
    assert {client.finish(client.told[key])["status"] for key in ("blade", "guard")} == {
        "completed"
    }


def guard(name: str, **fields: Any) -> Json:
    """A request for a character with a rig."""
    return words(
        name=name,
        type="character",
        subtype="humanoid",
        description=f"a {name.lower()} in a red tunic",
        **{"generationType": "avatar", "quality": "standard", "enableRigging": True, **fields},
    )


@dataclass(frozen=True)
class Story:
    """`tell` may be cut off anywhere; `check` comes when all has ended after a restart."""

    tell: Callable[[Client], None]
    check: Callable[[Client], None]
    before: Callable[[Client], None] = lambda _client: None
    """What is to be there first; nobody dies yet."""


def _completed(client: Client, key: str, request: Callable[[], str]) -> Json:
    """Send a request once more: it is the same pipeline, and that has ended well."""
    known = client.told.get(key)
    pipeline_id = request()
    assert known in (None, pipeline_id)
    status = client.finish(pipeline_id)
    assert status["status"] == "completed", status
    failed = [name for name, stage in status["stages"].items() if stage["status"] == "failed"]
    assert not failed, status
    return status


# --- new assets ---

SWORD = words(
    name="New Sword",
    description="a new sword",
    materialPresets=[preset("steel"), preset("mithril")],
    **SPRITES,
)
NEW_GUARD = guard("New Guard", materialPresets=[preset("steel")], **SPRITES)
COPY = words(
    name="Copy",
    description="a copy of a picture",
    referenceImage={"source": "data", "dataUrl": data_uri(png(size_px=64))},
)


def _generation(request: Json, *wanted: str) -> Story:
    def start(client: Client) -> str:
        return client.start("new", **request)

    def check(client: Client) -> None:
        _completed(client, "new", lambda: start(client))
        assert set(wanted) <= set(client.assets())

    return Story(lambda client: _finish(client, start(client)), check)


def _finish(client: Client, pipeline_id: str) -> None:
    client.finish(pipeline_id)


# --- a new mesh in the place of an old one ---


def _regenerate(client: Client) -> str:
    return client.remember(
        "again", client.ask("POST", f"/api/regenerate-base/{GUARD}", key="again")
    )


def _check_regenerated(client: Client) -> None:
    status = _completed(client, "again", lambda: _regenerate(client))
    metadata = client.assets()[GUARD]
    assert metadata["meshyTaskId"] == status["stages"]["image3D"]["result"]["taskId"]
    assert metadata["isRigged"] is True


# --- variants ---

PAINT: Json = {"baseAssetId": BLADE, "materialPreset": preset("gold")}


def _retexture(client: Client) -> str:
    return client.remember("gold", client.ask("POST", "/api/retexture", key="gold", **PAINT))


def _check_retextured(client: Client) -> None:
    _completed(client, "gold", lambda: _retexture(client))
    assert f"{BLADE}-gold" in client.assets()[BLADE]["variants"]


# --- stopping and going on ---


def _has_task(status: Json) -> bool:
    return bool(status["stages"]["image3D"]["progress"])


def _start_stuck(client: Client) -> None:
    client.forge.meshy.script("image-to-3d", TaskScript.stuck())
    pipeline_id = client.start("stuck", **words(name="Stuck", description="a stuck sword"))
    client.until(pipeline_id, _has_task)


def _cancel(client: Client) -> None:
    cancelled = client.ask("POST", f"/api/generation/pipeline/{client.told['stuck']}/cancel")
    assert cancelled["status"] == "cancelled"
    client.seen.note(cancelled)


def _check_cancelled(client: Client) -> None:
    # Cut off before the journal knew, the pipeline goes on, and may be cancelled as before.
    assert client.finish(client.told["stuck"])["status"] in ("cancelled", "completed")


def _start_failing(client: Client) -> None:
    client.forge.meshy.script("image-to-3d", TaskScript.failing())
    pipeline_id = client.start("failing", **words(name="Failing", description="a failing sword"))
    assert client.finish(pipeline_id)["status"] == "failed"


def _retry(client: Client) -> str:
    path = f"/api/generation/pipeline/{client.told['failing']}/retry"
    return client.remember("retry", client.ask("POST", path, key="retry"))


def _check_retried(client: Client) -> None:
    status = _completed(client, "retry", lambda: _retry(client))
    assert status["retryOf"] == client.told["failing"]
    assert "failing" in client.assets()


# --- changes by hand ---


def _rename(old: str, new: str) -> Story:
    def tell(client: Client) -> None:
        client.seen.renamed[old] = new
        client.ask("PATCH", f"/api/assets/{old}", name=new)
        client.told["renamed"] = True

    def check(client: Client) -> None:
        found = {old, new} & set(client.assets())
        assert len(found) == 1
        assert found == {new} or not client.told.get("renamed")

    return Story(tell, check)


def _delete(asset_id: str, *doomed: str) -> Story:
    def tell(client: Client) -> None:
        client.seen.deleted |= {asset_id, *doomed}
        client.ask("DELETE", f"/api/assets/{asset_id}?includeVariants={str(bool(doomed)).lower()}")
        client.told["deleted"] = True

    def check(client: Client) -> None:
        left = {asset_id, *doomed} & set(client.assets())
        assert left in (set(), {asset_id, *doomed})
        assert not left or not client.told.get("deleted")

    return Story(tell, check)


def _upload(client: Client) -> None:
    client.seen.resprited.add(BLADE)
    picture = data_uri(png(size_px=32))
    sprites = [{"angle": angle, "imageData": picture} for angle in (0, 120, 240)]
    client.ask("POST", f"/api/assets/{BLADE}/sprites", sprites=sprites, config={"angles": 3})
    client.told["uploaded"] = True


def _check_uploaded(client: Client) -> None:
    count = client.assets()[BLADE]["spriteCount"]
    assert count in (3, 4)
    assert count == 3 or not client.told.get("uploaded")


def _edit(client: Client) -> None:
    client.ask("PATCH", f"/api/assets/{BLADE}", metadata={"tier": 7, "owner": "smith"})
    client.told["edited"] = True


def _check_edited(client: Client) -> None:
    metadata = client.assets()[BLADE]
    assert (metadata.get("tier") == 7) == (metadata.get("owner") == "smith")
    assert metadata.get("tier") == 7 or not client.told.get("edited")


STORIES: dict[str, Story] = {
    "sword": _generation(SWORD, "new-sword", "new-sword-steel", "new-sword-mithril"),
    "guard": _generation(NEW_GUARD, "new-guard", "new-guard-steel"),
    "copy": _generation(COPY, "copy"),
    "again": Story(lambda client: _finish(client, _regenerate(client)), _check_regenerated),
    "retexture": Story(lambda client: _finish(client, _retexture(client)), _check_retextured),
    "cancel": Story(_cancel, _check_cancelled, _start_stuck),
    "retry": Story(lambda client: _finish(client, _retry(client)), _check_retried, _start_failing),
    "rename": _rename(BLADE, "young-blade"),
    "rename variant": _rename(f"{BLADE}-bronze", "bronze-blade"),
    "delete": _delete(BLADE, f"{BLADE}-bronze"),
    "delete variant": _delete(f"{BLADE}-bronze"),
    "upload": Story(_upload, _check_uploaded),
    "edit": Story(_edit, _check_edited),
}
