"""What one maker makes for the common suite: an item with variants and sprites, an avatar."""

from dataclasses import dataclass, field

import httpx

from tests.support.service import Json, LiveService, preset

ITEM, AVATAR = "polished-steel-longsword", "town-guard"
# The built-in maker really paints each variant, and one shows it all.
MATERIALS = {"greybox": ["bronze"], "outside": ["bronze", "steel", "mithril"]}


@dataclass
class Made:
    """What one maker made: the statuses that were seen on the way."""

    maker: str
    service: LiveService
    item: list[Json] = field(default_factory=list)
    avatar: list[Json] = field(default_factory=list)

    @property
    def materials(self) -> list[str]:
        return MATERIALS[self.maker]

    @property
    def variants(self) -> list[str]:
        return [f"{ITEM}-{material}" for material in self.materials]

    @property
    def client(self) -> httpx.Client:
        return self.service.client

    def glbs(self) -> list[str]:
        return sorted(
            str(path.relative_to(self.service.root))
            for asset_id in (ITEM, AVATAR, *self.variants)
            for path in (self.service.root / asset_id).rglob("*.glb")
        )


def make(maker: str, service: LiveService) -> Made:
    """Run both generations and keep every status that was seen on the way."""
    found = Made(maker, service)
    started = service.start(
        name="Polished Steel Longsword",
        description="polished steel longsword with a leather grip",
        style="clean",
        user={"team": "one"},
        materialPresets=[preset(material) for material in found.materials],
        enableRetexturing=True,
        enableSprites=True,
        spriteConfig={"angles": 4, "resolution": 64, "backgroundColor": "#336699"},
    )
    assert started.status_code == 200, started.text
    assert started.headers["location"].endswith(started.json()["pipelineId"])
    found.item = service.follow(started.json()["pipelineId"])
    started = service.start(
        name="Town Guard",
        type="character",
        subtype="humanoid",
        generationType="avatar",
        quality="standard",
        description="town guard in a red tunic",
        enableRigging=True,
        riggingOptions={"heightMeters": 1.82},
    )
    assert started.status_code == 200, started.text
    found.avatar = service.follow(started.json()["pipelineId"])
    return found
