"""Requests that try to leave an asset's folder, by the hundred: made here, sent elsewhere."""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from tests.fakes.pictures import data_uri, png
from tests.security.target import Ask
from tests.support.service import preset, words

# Each leads to the parent of a folder if anything decodes, folds or repairs it.
CLIMBS = [
    "..", ".", "%2e%2e", "%2E%2E", ".%2e", "%2e.", "%2e", "..%2f", "%2e%2e%2f", "..%5c", "..\\",
    "%2e%2e%5c", "%252e%252e", "%252e%252e%252f", "%25252e%25252e", "%c0%ae%c0%ae",
    "%c0%ae%c0%ae%c0%af", "%e0%80%ae%e0%80%ae", "%f0%80%80%ae", "%c1%9c", "\xc0\xae\xc0\xae",
    "\xe2\x80\xae..", "%uff0e%uff0e", "%u002e%u002e", "%ef%bc%8e%ef%bc%8e", "%ef%bc%8e%ef%bc%8f",
    "%e2%80%a4%e2%80%a4", "%e2%80%a5", "%e2%80%a6", "%ef%b8%b0", "%e2%81%84..", "%e2%88%95..",
    "..%00", "%00..", "..%00.glb", "..%0a", "..%0d%0a", "..%09", "..;", "..;a=b", "..%3b", "..%20",
    "..%c2%a0", "..%e2%80%8b", "%e2%80%8f..", "%ef%bb%bf..", "....", "....//", "..././", ".../",
    "%2f", "%2f%2f", "//", "%5c%5c", "~", "~root", "%7e", "$HOME", "*", "%2a", "..%23", "..%3f",
    "c:", "c:%5c", "file:", "%ff%fe", "%80", "%ed%a0%80",
]  # fmt: skip

# Where the climb leads to, from the folder of an asset and from the root.
READS = [
    "/api/assets/{c}",
    "/api/assets/{c}/outside",
    "/api/assets/{c}/model",
    "/api/assets/{c}/metadata.json",
    "/api/assets/{c}/outside/metadata.json",
    "/api/assets/sword/{c}/sibling/notes.txt",
    "/api/assets/sword/{c}/{c}/secret.glb",
    "/api/assets/sword/{c}{c}secret.glb",
    "/api/assets/sword%2f{c}%2f{c}%2fsecret.glb",
    "/api/assets/sword/{c}/.forge/notes.txt",
    "/api/assets/sword/sprites/{c}/{c}/notes.txt",
    "/assets/{c}/notes.txt",
    "/assets/sword/{c}/{c}/secret.glb",
    "/assets/{c}/{c}/pyproject.toml",
    "/prompts/{c}",
    "/prompts/{c}/notes.txt",
    "/prompts/{c}secret-prompts.json",
    "/api/prompts/{c}",
    "/api/prompts/{c}%2fsecret",
    "/api/generation/pipeline/{c}",
    "/api/generation/pipeline/{c}/concept-art.png",
    "/api/generation/pipeline/{c}/events",
    "/{c}/passwd",
]
HEADS = ["/api/assets/{c}/model", "/api/assets/sword/{c}/{c}/secret.glb", "/assets/{c}/notes.txt"]
PICTURE = data_uri(png(size_px=8))


def _sprites(angle: object, picture: str) -> dict[str, Any]:
    return {"sprites": [{"angle": angle, "imageData": picture}]}


SPRITES = _sprites(0, PICTURE)
WRITES: list[tuple[str, str, Any]] = [
    ("PATCH", "/api/assets/{c}", {"metadata": {"a": 1}}),
    ("PATCH", "/api/assets/{c}%2foutside", {"name": "moved"}),
    ("PATCH", "/api/assets/sword%2f{c}%2fsibling", {"metadata": {"a": 1}}),
    ("DELETE", "/api/assets/{c}?includeVariants=true", None),
    ("DELETE", "/api/assets/{c}%2foutside", None),
    ("DELETE", "/api/assets/sword%2f{c}%2fsibling", None),
    ("POST", "/api/assets/{c}/sprites", SPRITES),
    ("POST", "/api/assets/{c}%2foutside/sprites", SPRITES),
    ("POST", "/api/regenerate-base/{c}", {}),
    ("POST", "/api/regenerate-base/{c}%2foutside", {}),
    ("POST", "/api/generation/pipeline/{c}/cancel", {}),
    ("POST", "/api/generation/pipeline/{c}/retry", {}),
    ("POST", "/api/prompts/{c}", {"version": "1.0.0", "default": {}, "custom": {}}),
    ("DELETE", "/api/prompts/{c}/x", None),
    ("DELETE", "/api/prompts/game-styles/{c}", None),
    ("DELETE", "/api/prompts/asset-types/{c}?category={c}", None),
]
IMAGES = [
    "/{c}",
    "/{c}/secret.png",
    "/folder/{c}/0123.imgur.json",
    "/shown.png/{c}/{c}/notes.txt",
    "/{c}/{c}/secret.png",
]

# Names that are no ids, or those of something else to a disk that folds, trims or guesses.
NO_IDS = [
    "..", ".", "../outside", "../../outside", "sword/../../outside", "./sword", "sword/", "/sword",
    "/etc/passwd", "//etc", "..\\outside", "\\\\host\\share", "C:\\x", "c:x", "file:///etc/passwd",
    ".forge", ".git", ".hidden", "-rf", "--help", "a..b", "dot.", "nul", "CON", "com1.txt", "LPT¹",
    "a\x00b", "sword\x00", "a\nb", "a\rb", "a\tb", "a\x7fb", "a\u202eb", "sword\u200f",
    "\u200esword",
    "sword\u200b", "\ufeffsword", "a b", " sword", "sword ", "sword\u00a0", "a\u2028b", "a/b",
    "a\uff0fb", "\uff0e\uff0e", "\u2024\u2024", "\u2025", "a\u2215b", "a\u2044b", "%2e%2e", "%2f",
    "..%2foutside", "sword::$DATA", "SWORD~1", "*", "?", "a|b", "<a>", '"', "$HOME", "`id`", "a;b",
    "{a}", "~", "~root", "\u0301a", "x" * 101, "é" * 51, "x" * 5000, "a\ud800",
]  # fmt: skip
# A preset's id only ever stands behind the base's and a dash, where these do no harm either.
FINE_BEHIND_A_DASH = {
    ".forge", ".git", ".hidden", "-rf", "--help", "nul", "CON", "com1.txt", "LPT¹", "\u0301a",
    # Blanks around it are cut off.
    " sword", "sword ", "sword\u00a0",
}  # fmt: skip
ALIASES = [
    "SIBLING", "Sibling", "sib%C4%B1ing", "%EF%BD%93%EF%BD%89%EF%BD%82ling", "siblin%C7%B5",
    "sibling.", "sibling%20", "sibling%00", "sibling%2e", "sibling%3a%3a$DATA", "SIBLIN~1",
    "sibling%e2%80%8f", "%e2%80%8esibling", "s%c2%adibling", "sibling%ef%b8%8f", "sibling%cc%b8",
    "sib%ef%ac%81ng", "%E2%84%AAing", "./sibling", "sword/../sibling", "sword%2f..%2fsibling",
    "sibling/", "sibling//", "sibling%5c", "sibling;a", "sibling%3fa", "sibling%23a",
    "%73ibling/..",
]  # fmt: skip
# Files that are there, and are none of those that a caller may see.
FORBIDDEN = [
    "linked/notes.txt", "linked/secret.glb", "linked/metadata.json", "linked/model",
    "sword/way-out/notes.txt", "sword/way-out/sprites/0deg.png", "sword/out.glb",
    "sword/in-hiding.glb", "sword/concept-art.png", "sword/.hidden.glb", "sword/%2ehidden.glb",
    "sword/sprites/.hidden", "sword/sprites/%2ehidden", "bad-link/metadata.json",
    ".forge/notes.txt",
    "%2eforge/notes.txt", ".git/notes.txt", ".hidden/notes.txt", ".forge/model", "notes.txt",
    "notes.txt/", "sword/metadata.json/../../notes.txt", "sword/metadata.json/", "sword/sprites",
    "sword/sprites/", "sword//sprites/.hidden", "sword/sprites/./.hidden",
]  # fmt: skip
HIDDEN_PICTURES = [
    "/.hidden.png", "/%2ehidden.png", "/out.png", "/note.png", "/0123.imgur.json",
    "/0123.imgur.json%00.png", "/0123.imgur.json%2f.png", "/folder/secret.png",
    "/folder%2fsecret.png", "/folder%5csecret.png", "//folder/secret.png", "/folder", "/folder/",
    "/shown.png%2f..%2f0123.imgur.json", "/./.hidden.png", "/%2f%2fetc/passwd",
]  # fmt: skip
OUTSIDE_MODELS = [
    "../sibling/secret.glb", "../../secret.glb", "../.forge/secret.glb", "out.glb", ".hidden.glb",
    "way-out/outside.glb", "in-hiding.glb", "/etc/passwd", "gdd-assets/sibling/secret.glb",
    "..\\..\\secret.glb", "%2e%2e/%2e%2e/secret.glb", "file:///secret.glb", "sprites/../out.glb",
    "//secret.glb", "secret.glb\x00.glb", "../../secret.GLB", "linked/secret.glb",
    "sprites/.hidden.glb", "./out.glb", "\uff5e/secret.glb",
    "\uff0e\uff0e/\uff0e\uff0e/secret.glb", "x/" * 600 + "x.glb",
]  # fmt: skip


def urls() -> Iterator[Ask]:
    """Every way out in every URL that takes a name or a path."""
    for climb in CLIMBS:
        for template in READS:
            yield Ask("GET", template.format(c=climb))
        for template in HEADS:
            yield Ask("HEAD", template.format(c=climb))
        for method, template, body in WRITES:
            yield Ask(method, template.format(c=climb), body)
        for template in IMAGES:
            yield Ask("GET", template.format(c=climb), to_image_server=True)
    for name in (*(quote(name.encode("utf-8", "replace")) for name in NO_IDS), *ALIASES):
        yield Ask("GET", f"/api/assets/{name}/notes.txt")
        yield Ask("GET", f"/assets/{name}/notes.txt")
        yield Ask("DELETE", f"/api/assets/{name}/")
        yield Ask("PATCH", f"/api/assets/{name}/", {"metadata": {"a": 1}})
    for path in FORBIDDEN:
        for above in ("/api/assets", "/assets"):
            for method in ("GET", "HEAD"):
                yield Ask(method, f"{above}/{path}")
    for path in HIDDEN_PICTURES:
        for method in ("GET", "HEAD"):
            yield Ask(method, path, to_image_server=True)
    yield from _long_ones()


def _long_ones() -> Iterator[Ask]:
    for name in ("x" * 256, "x" * 5000, "../" * 500, "%2e%2e/" * 500, "é" * 300, "x/" * 2000):
        yield Ask("GET", f"/api/assets/{quote(name, safe='/%.')}")
        yield Ask("GET", f"/api/assets/sword/{quote(name, safe='/%.')}")
        yield Ask("DELETE", f"/api/assets/{quote(name, safe='/%.')}")
        yield Ask("GET", f"/{quote(name, safe='/%.')}.png", to_image_server=True)


def bodies(names: Iterable[str] = NO_IDS) -> Iterator[Ask]:
    """Every name that is none, wherever a body takes one; all have to be refused."""
    for name in names:
        yield Ask("POST", "/api/generation/pipeline", words(assetId=name))
        yield Ask("POST", "/api/retexture", _retexture(baseAssetId=name))
        yield Ask("POST", "/api/retexture", _retexture(outputName=name))
        yield Ask("PATCH", "/api/assets/sword", {"name": name})
        yield Ask("POST", "/api/assets/sword/sprites", _sprites(name, PICTURE))
        if name not in FINE_BEHIND_A_DASH:
            variants = words(materialPresets=[preset(name)], enableRetexturing=True)
            yield Ask("POST", "/api/generation/pipeline", variants)
            yield Ask("POST", "/api/retexture", _retexture(materialPreset=preset(name)))
            yield Ask("POST", "/api/material-presets", [preset(name)])
    for url in ("file:///etc/passwd", "/etc/passwd", "../../passwd", "file://localhost/etc/passwd"):
        yield Ask("POST", "/api/generation/pipeline", words(referenceImage={"url": url}))
        yield Ask("POST", "/api/generation/pipeline", words(referenceImage={"dataUrl": url}))
        yield Ask("POST", "/api/weapon-handle-detect", {"image": url})
        yield Ask("POST", "/api/assets/sword/sprites", _sprites(0, url))


def _retexture(**fields: Any) -> dict[str, Any]:
    return {"baseAssetId": "sword", "materialPreset": preset("mithril"), **fields}
