"""The table for health, assets and files; the world they speak of is in world.py."""

from tests.contract.case import ANY, Case
from tests.contract.world import PICTURE, RIGGED_GLB, SWORD_GLB
from tests.fakes.pictures import data_uri, jpeg

NO_CACHE = {
    "cache-control": "no-store, no-cache, must-revalidate, proxy-revalidate",
    "pragma": "no-cache",
    "expires": "0",
}
GLB = {"content-type": "model/gltf-binary"}
FILE = {"accept-ranges": "bytes", "cache-control": "public, max-age=0", "etag": ANY}
PNG = data_uri(PICTURE)
SPRITES = "/api/assets/bare/sprites"
BAD_SPRITES = "Invalid sprites data"


def _sprite(angle: object, image: object = PNG) -> dict[str, object]:
    return {"angle": angle, "imageData": image}


HEALTH = [
    Case(
        "GET",
        "/api/health",
        200,
        has={
            "status": "healthy",
            "timestamp": ANY,
            "services": {"meshy": False, "openai": False},
            "warnings": [],
        },
    ),
    Case("HEAD", "/api/health", 405, headers={"allow": "GET"}),
    Case("POST", "/api/health", 405, send={}),
]

LISTING = [
    Case("GET", "/api/assets", 200, headers=NO_CACHE),
    Case("GET", "/api/assets?t=1795360941474&x=y", 200, "unknown query", headers=NO_CACHE),
    Case("POST", "/api/assets", 405, send={}),
    Case(
        "GET",
        "/api/assets/sword",
        200,
        has={
            "id": "sword",
            "name": "sword",
            "description": "a plain sword",
            "type": "weapon",
            "subtype": "sword",
            "metadata": {"kept": {"by": "somebody"}, "variants": ["sword-bronze"]},
            "hasModel": True,
            "modelFile": "sword.glb",
            "modelUrl": "/api/assets/sword/model",
            "conceptArtUrl": "/api/assets/sword/concept-art.png",
            "generatedAt": "2026-11-20T10:00:00.000Z",
        },
    ),
    Case(
        "GET",
        "/api/assets/bare",
        200,
        "neither model nor picture",
        has={
            "description": "",
            "subtype": "",
            "hasModel": False,
            "modelUrl": None,
            "conceptArtUrl": None,
        },
    ),
    Case("GET", "/api/assets/knight's-sword", 200, has={"id": "knight's-sword"}),
    Case("GET", "/api/assets/knight%27s%2Dsword", 200, "escaped", has={"id": "knight's-sword"}),
    Case("GET", "/api/assets/剑", 200, "another script", has={"id": "剑"}),
    Case("GET", "/api/assets/nobody", 404, error="Asset nobody not found"),
    Case("GET", "/api/assets/broken", 404, error="Asset broken not found"),
    Case("GET", "/api/assets/.hidden", 404),
    Case("GET", "/api/assets/notes.txt", 404),
]

MODELS = [
    Case("GET", "/api/assets/sword/model", 200, headers={**GLB, **FILE}),
    Case(
        "HEAD",
        "/api/assets/sword/model",
        200,
        headers={**GLB, **FILE, "content-length": str(len(SWORD_GLB))},
    ),
    Case(
        "HEAD",
        "/api/assets/knight/model",
        200,
        "rigged character",
        headers={**GLB, "content-length": str(len(RIGGED_GLB))},
    ),
    Case(
        "HEAD",
        "/api/assets/odd-file/model",
        200,
        "first usable GLB",
        headers={"content-length": str(len(SWORD_GLB))},
    ),
    Case("GET", "/api/assets/nobody/model", 404, error="Asset nobody not found"),
    Case("HEAD", "/api/assets/nobody/model", 404),
    Case("GET", "/api/assets/bare/model", 404, error="Model file not found"),
    Case("POST", "/api/assets/sword/model", 405, send={}),
]

FILES = [
    Case(
        "GET",
        "/api/assets/sword/concept-art.png",
        200,
        headers={**FILE, "content-type": "image/png", "content-length": str(len(PICTURE))},
    ),
    Case(
        "HEAD",
        "/api/assets/sword/concept-art.png",
        200,
        headers={"content-type": "image/png", "content-length": str(len(PICTURE))},
    ),
    Case("GET", "/api/assets/sword/metadata.json", 200, has={"kept": ANY}),
    Case("GET", "/api/assets/sword/sword_raw.glb", 200, headers=GLB),
    Case("GET", "/api/assets/knight's-sword/animations/walking.glb", 200, headers=GLB),
    Case("GET", "/api/assets/sword/nothing.png", 404, error="File not found"),
    Case("HEAD", "/api/assets/sword/nothing.png", 404),
    Case("GET", "/api/assets/nobody/concept-art.png", 404, error="File not found"),
    Case("GET", "/api/assets/knight's-sword/.secret", 404, "dot file", error="File not found"),
    Case("GET", "/api/assets/knight's-sword/animations", 404, "folder", error="File not found"),
    Case("GET", "/api/assets/knight's-sword/animations/", 404, "folder", error="File not found"),
    Case("GET", "/api/assets/sword/", 404, "the folder itself"),
    Case(
        "GET",
        "/api/assets/sword/concept-art.png",
        206,
        sent_headers={"Range": "bytes=0-3"},
        headers={"content-range": f"bytes 0-3/{len(PICTURE)}", "content-length": "4"},
    ),
    Case(
        "GET",
        "/api/assets/sword/concept-art.png",
        206,
        "the last bytes",
        sent_headers={"Range": "bytes=-5"},
        headers={
            "content-range": f"bytes {len(PICTURE) - 5}-{len(PICTURE) - 1}/{len(PICTURE)}",
            "content-length": "5",
        },
    ),
    Case(
        "GET",
        "/api/assets/sword/concept-art.png",
        416,
        sent_headers={"Range": "bytes=999999-"},
        headers={"content-range": f"bytes */{len(PICTURE)}"},
    ),
    Case(
        "GET",
        "/api/assets/sword/concept-art.png",
        200,
        "a range of an unknown unit",
        sent_headers={"Range": "pages=1-2"},
        headers={"content-length": str(len(PICTURE))},
    ),
    Case(
        "GET",
        "/api/assets/sword/concept-art.png",
        304,
        sent_headers={"If-None-Match": "*"},
        headers={"content-length": None, "etag": ANY},
    ),
    Case(
        "GET",
        "/api/assets/sword/concept-art.png",
        304,
        "by date",
        sent_headers={"If-Modified-Since": "Tue, 01 Jan 2999 00:00:00 GMT"},
    ),
    Case(
        "GET",
        "/api/assets/sword/concept-art.png",
        200,
        "changed since",
        sent_headers={"If-Modified-Since": "Tue, 01 Jan 1980 00:00:00 GMT"},
    ),
]

CHANGES = [
    Case(
        "PATCH",
        "/api/assets/sword",
        200,
        send={"id": "sword", "name": "sword", "type": "tool", "metadata": {"tier": 3}},
        has={
            "id": "sword",
            "type": "tool",
            "metadata": {"tier": 3, "kept": ANY, "lastModified": ANY, "updatedAt": ANY},
        },
    ),
    Case("PATCH", "/api/assets/sword", 200, "nothing", send={}, has={"id": "sword"}),
    Case(
        "PATCH",
        "/api/assets/sword",
        200,
        "rename",
        send={"name": "blade"},
        has={
            "id": "blade",
            "name": "blade",
            "modelFile": "blade.glb",
            "modelUrl": "/api/assets/blade/model",
            "metadata": {"name": "blade", "gameId": "blade"},
        },
    ),
    Case("PATCH", "/api/assets/sword", 409, send={"name": "knight"}, says="knight"),
    Case("PATCH", "/api/assets/nobody", 404, send={"type": "x"}, error="Asset not found"),
    Case("PATCH", "/api/assets/broken", 404, send={"type": "x"}, error="Asset not found"),
    Case("PATCH", "/api/assets/sword", 400, "bad name", send={"name": "../x"}),
    Case("PATCH", "/api/assets/sword", 400, "type", send={"type": 7}, says="type"),
    Case("PATCH", "/api/assets/sword", 400, "metadata", send={"metadata": []}, says="metadata"),
    Case("PATCH", "/api/assets/sword", 400, "no object", send=[1], says="object"),
    Case("PATCH", "/api/assets/sword", 400, "no body", content=b""),
    Case(
        "DELETE",
        "/api/assets/sword-bronze",
        200,
        has={"success": True, "message": "Asset sword-bronze deleted successfully"},
    ),
    Case(
        "DELETE",
        "/api/assets/sword?includeVariants=true",
        200,
        has={"success": True, "message": "Asset sword deleted successfully"},
    ),
    Case("DELETE", "/api/assets/broken", 200, "broken metadata", has={"success": True}),
    Case("DELETE", "/api/assets/nobody", 404, error="Asset not found"),
    Case("DELETE", "/api/assets/.hidden", 404, error="Asset not found"),
    Case("DELETE", "/api/assets/sword?includeVariants=maybe", 400, says="includeVariants"),
    Case("PUT", "/api/assets/sword", 405, send={}),
]

SPRITE_CASES = [
    Case(
        "POST",
        SPRITES,
        200,
        send={"sprites": [_sprite(0), _sprite(22.5, data_uri(jpeg(size_px=16), "image/jpeg"))]},
        has={
            "success": True,
            "message": "2 sprites saved successfully",
            "spritesDir": "gdd-assets/bare/sprites",
            "spriteFiles": ["0deg.png", "22.5deg.png"],
        },
    ),
    *(
        Case("POST", SPRITES, 400, note, send=body, error=BAD_SPRITES)
        for note, body in {
            "no sprites": {"sprites": []},
            "none given": {},
            "no array": {"sprites": "0deg.png"},
            "no object": [],
            "angle 360": {"sprites": [_sprite(360)]},
            "angle below 0": {"sprites": [_sprite(-1)]},
            "angle is text": {"sprites": [_sprite("0")]},
            "angle is true": {"sprites": [_sprite(True)]},
            "angle twice": {"sprites": [_sprite(0), _sprite(0.0)]},
            "no picture": {"sprites": [{"angle": 0}]},
            "picture is null": {"sprites": [_sprite(0, None)]},
            "no data URL": {"sprites": [_sprite(0, "https://example.com/a.png")]},
            "broken base64": {"sprites": [_sprite(0, "data:image/png;base64,@@@@")]},
            "no picture inside": {"sprites": [_sprite(0, "data:image/png;base64,aGVsbG8=")]},
            "one of two": {"sprites": [_sprite(0), _sprite(45, "data:image/png;base64,AAAA")]},
            "svg": {"sprites": [_sprite(0, "data:image/svg+xml;base64,PHN2Zy8+")]},
            "config": {"sprites": [_sprite(0)], "config": 3},
        }.items()
    ),
    Case("POST", SPRITES, 415, content=b"x", sent_headers={"Content-Type": "image/png"}),
    Case(
        "POST",
        "/api/assets/nobody/sprites",
        404,
        send={"sprites": [_sprite(0)]},
        error="Asset not found",
    ),
]

CASES = [*HEALTH, *LISTING, *MODELS, *FILES, *CHANGES, *SPRITE_CASES]
