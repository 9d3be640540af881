"""Nobody gets out of an asset's folder: hundreds of requests, sent byte for byte to a real server.

After each one: no secret in the answer, no file changed anywhere, no fault of the service.
"""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.security.corpus import OUTSIDE_MODELS, SPRITES, bodies, urls
from tests.security.target import OWN_MODEL, SECRETS, Ask, Target, target_below
from tests.support.service import words


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target_below(tmp_path_factory.mktemp("outer")) as target:
        yield target
        told = ", ".join(f"{status}: {count}" for status, count in sorted(target.statuses.items()))
        sys.stdout.write(f"\nrequests by status: {told}\n")


def test_corpus_is_large() -> None:
    asks = [*urls(), *bodies()]
    assert len(asks) >= 400
    assert len({str(ask) for ask in asks}) > len(asks) * 0.9


@pytest.mark.parametrize(
    "ask",
    [
        Ask("GET", "/api/assets/sibling/notes.txt"),
        Ask("PATCH", "/api/assets/sibling", {"metadata": {"a": 1}}),
        Ask("POST", "/api/assets/sibling/sprites", SPRITES),
    ],
)
def test_way_out_would_be_noticed(target: Target, ask: Ask) -> None:
    with pytest.raises(AssertionError, match=r"shows a secret|has changed something"):
        target.attack(ask)


def test_url_that_leads_out_shows_and_changes_nothing(target: Target) -> None:
    before = target.fingerprint()
    answers = {str(ask): target.attack(ask).status for ask in urls()}
    assert target.fingerprint() == before
    assert {ask for ask, status in answers.items() if status == 200} == set()


def test_body_that_names_no_asset_is_refused_and_changes_nothing(target: Target) -> None:
    for ask in bodies():
        answer = target.attack(ask)
        assert answer.status in (400, 409), f"{ask}: {answer.status} {answer.body!r}"


@pytest.mark.parametrize("key", ["modelFile", "riggedModelPath", "modelPath"])
def test_model_that_metadata_names_outside_is_not_shown(target: Target, key: str) -> None:
    """Metadata is the caller's to change; what it names is followed inside the folder alone."""
    for path in OUTSIDE_MODELS:
        change = {"type": "character", "metadata": {key: path}}
        assert target.send(Ask("PATCH", "/api/assets/sword", change)).status == 200
        for ask in (Ask("GET", "/api/assets/sword/model"), Ask("GET", "/api/assets/sword")):
            answer = target.attack(ask)
            assert answer.status == 200
    reset = {"type": "weapon", "metadata": {"modelFile": None, "riggedModelPath": None}}
    assert target.send(Ask("PATCH", "/api/assets/sword", reset)).status == 200


@pytest.mark.parametrize("name", ["SIBLING", "Sibling", "linked", "notes.txt", "LINKED"])
def test_name_that_something_has_on_some_disks_is_taken(target: Target, name: str) -> None:
    steel = {"id": "steel", "name": "s", "displayName": "S", "stylePrompt": "s"}
    variant = {"baseAssetId": "sword", "outputName": name, "materialPreset": steel}
    asked: list[tuple[str, str, Any]] = [
        ("PATCH", "/api/assets/sword", {"name": name}),
        ("POST", "/api/generation/pipeline", words(assetId=name)),
        ("POST", "/api/retexture", variant),
    ]
    for ask in (Ask(*each) for each in asked):
        answer = target.attack(ask)
        assert answer.status == 409, f"{ask}: {answer.status} {answer.body!r}"


def test_symlinks_are_replaced_or_left_and_never_followed(target: Target) -> None:
    """Whoever can put links into the library gets nothing of where they lead through the API."""
    outside = target.outer / "outside"
    before = {path: path.lstat().st_mtime_ns for path in outside.rglob("*")}
    folder = target.root / "sword"
    (folder / "sprites").rename(folder / "kept")
    (folder / "sprites").symlink_to(outside / "sprites")
    (folder / "sprite-metadata.json").symlink_to(outside / "sprite-metadata.json")
    (folder / "sword_raw.glb").symlink_to(outside / "secret.glb")
    names = ["sword", "renamed"]
    for old, new in (names, names[::-1]):
        assert target.send(Ask("PATCH", f"/api/assets/{old}", {"name": new})).status == 200
        for path in ("_raw.glb", ".glb"):
            answer = target.send(Ask("GET", f"/api/assets/{new}/{new}{path}"))
            assert not [secret for secret in SECRETS if secret in answer.body]
    assert target.send(Ask("POST", "/api/assets/sword/sprites", SPRITES)).status == 200
    assert target.send(Ask("GET", "/api/assets/sword/sprites/0deg.png")).status == 200
    assert target.send(Ask("GET", "/api/assets/sword/kept/model.glb")).body == OWN_MODEL
    assert target.send(Ask("DELETE", "/api/assets/sword")).status == 200
    assert {path: path.lstat().st_mtime_ns for path in outside.rglob("*")} == before
