"""Seconds and memory that sprites take: 15,000 triangles with five textures of 1024².

Run with `make bench`. Each case runs in a process of its own, so that its peak is its own; times
are the median of three, imports left out.
"""

import io
import multiprocessing
import resource
import statistics
import time
from typing import Any

import numpy as np
from PIL import Image

from asset_forge.glb.builder import GlbBuilder, Primitive
from asset_forge.glb.render import render_sprites

ROUNDS = 3
TEXTURE_PX = 1024
RINGS = 62


def main() -> None:
    data, triangle_count = textured_boulder()
    print(f"{triangle_count:,} triangles, {len(data) / 1e6:.1f} MB, median of {ROUNDS}\n")
    print("| pictures | wall s | CPU s | peak MB | of that before |")
    print("|---|---|---|---|---|")
    cases: dict[str, dict[str, Any]] = {
        "8 sprites of 512²": {"angle_count": 8, "size_px": 512},
        "8 sprites of 128²": {"angle_count": 8, "size_px": 128},
        "1 sprite of 1024²": {"angle_count": 1, "size_px": 1024},
        "2 sprites of 2048²": {"angle_count": 2, "size_px": 2048},
    }
    for name, options in cases.items():
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            wall_s, cpu_s, peak_mb, before_mb = pool.apply(measured, (data, options))
        print(f"| {name} | {wall_s:.2f} | {cpu_s:.2f} | {peak_mb:.0f} | {before_mb:.0f} |")


def measured(data: bytes, options: dict[str, Any]) -> tuple[float, float, float, float]:
    """Render with these options; return wall and CPU seconds, and MB resident, highest and before.

    What is there before are the interpreter, numpy and Pillow.
    """
    before_mb = _peak_mb()
    walls, cpus = [], []
    for _ in range(ROUNDS):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        render_sprites(data, **options)
        walls.append(time.perf_counter() - wall_s)
        cpus.append(time.process_time() - cpu_s)
    return statistics.median(walls), statistics.median(cpus), _peak_mb(), before_mb


def textured_boulder() -> tuple[bytes, int]:
    """Make a lumpy ball with colour, roughness, normal, occlusion and glow maps."""
    u, v = np.meshgrid(np.linspace(0, 1, 2 * RINGS + 1), np.linspace(0, 1, RINGS + 1))
    polar, around = v * np.pi, u * 2 * np.pi
    radius = 1 + 0.12 * np.sin(5 * around) * np.sin(polar) ** 2 + 0.08 * np.cos(9 * polar)
    ball = np.stack(
        [np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)], axis=-1
    )
    row = 2 * RINGS + 1
    i, j = np.meshgrid(np.arange(RINGS), np.arange(2 * RINGS), indexing="ij")
    a = (i * row + j).reshape(-1)
    upper, lower = np.stack([a, a + row, a + row + 1], 1), np.stack([a, a + row + 1, a + 1], 1)
    triangles = np.concatenate([upper[i.reshape(-1) < RINGS - 1], lower[i.reshape(-1) > 0]])
    builder = GlbBuilder()
    for image in _textures():
        builder.add_texture(builder.add_image(image))
    builder.add_material("stone")
    mesh = builder.add_mesh(
        "boulder",
        [
            Primitive(
                (ball * radius[..., None]).reshape(-1, 3),
                triangles,
                normals=ball.reshape(-1, 3),
                uvs=np.stack([u, v], axis=-1).reshape(-1, 2),
                material=0,
            )
        ],
    )
    builder.set_scene([builder.add_node("boulder", mesh=mesh)])
    document = builder.build()
    document.json["materials"] = [
        {
            "pbrMetallicRoughness": {
                "baseColorTexture": {"index": 0},
                "metallicRoughnessTexture": {"index": 1},
            },
            "normalTexture": {"index": 2},
            "occlusionTexture": {"index": 3},
            "emissiveTexture": {"index": 4},
            "emissiveFactor": [1.0, 1.0, 1.0],
        }
    ]
    return document.to_bytes(), len(triangles)


def _textures() -> list[bytes]:
    """Draw five pictures with detail at every size, as PNG."""
    random = np.random.default_rng(7)
    pictures = []
    for channels in ((150, 110, 80), (255, 160, 90), (128, 128, 250), (220, 220, 220), (8, 4, 2)):
        pixels = np.zeros((TEXTURE_PX, TEXTURE_PX, 3), np.float32)
        for cells in (8, 64, 512):
            grain = random.normal(0, 12, (cells, cells, 3)).astype(np.float32)
            pixels += grain.repeat(TEXTURE_PX // cells, 0).repeat(TEXTURE_PX // cells, 1)
        pixels += np.array(channels, np.float32)
        buffer = io.BytesIO()
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(buffer, "PNG", compress_level=3)
        pictures.append(buffer.getvalue())
    return pictures


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
