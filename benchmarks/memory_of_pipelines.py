"""How much memory 60 pipelines with pictures of 2 MB take, over a service that is idle.

The service runs in a process of its own; OpenAI and Meshy are stood for by the fakes of the tests,
in this one. Prints resident memory (RSS, MB) when idle, at its highest, and at rest again. Run it
from the project's folder: python -m benchmarks.memory_of_pipelines
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from asset_forge.pictures import encode_data_url
from tests.fakes.meshy import MESHY_KEY, FakeMeshy
from tests.fakes.openai import OPENAI_KEY, FakeOpenAI
from tests.fakes.pictures import noisy_png
from tests.support.service import Makers

PIPELINES = 60
PICTURE_BYTES = 2_000_000
PORT = 3987


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pipelines", type=int, default=PIPELINES)
    parser.add_argument("--clients", type=int, default=8, help="requests under way at once")
    options = parser.parse_args()
    picture = encode_data_url(noisy_png(PICTURE_BYTES), "image/png")
    print(
        f"{options.pipelines} pipelines, each with a picture of {len(picture) / 1e6:.1f} MB as text"
    )
    makers = Makers()
    meshy = FakeMeshy(credits=100_000, polls_until_done=1000, max_queued=None)
    with tempfile.TemporaryDirectory() as folder:
        service = _start(Path(folder), makers.show(FakeOpenAI(), meshy))
        try:
            _measure(service, picture, options.pipelines, options.clients, meshy)
        finally:
            service.terminate()
            service.wait(30)
            makers.close()


def _start(folder: Path, makers: str) -> subprocess.Popen[bytes]:
    (folder / "assets").mkdir()
    variables = {
        "ASSET_OUTPUT_DIR": str(folder / "assets"),
        "PROMPTS_DIR": str(folder / "prompts"),
        "OPENAI_API_KEY": OPENAI_KEY,
        "OPENAI_BASE_URL": f"{makers}/v1",
        "MESHY_API_KEY": MESHY_KEY,
        "MESHY_BASE_URL": makers,
        "MESHY_POLL_INTERVAL_MS": "1000",
        "FORGE_MESHY_QUEUE": "100",
        "FORGE_MAX_ACTIVE": "60",
        "FORGE_STARTS_PER_MINUTE": "0",
        "API_PORT": str(PORT),
        "IMAGE_SERVER_PORT": str(PORT + 1),
        "LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "asset_forge", "serve"]
    return subprocess.Popen(command, env={**os.environ, **variables})


def _measure(
    service: subprocess.Popen[bytes], picture: str, count: int, clients: int, meshy: FakeMeshy
) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{PORT}", timeout=120.0) as client:
        _wait_until(lambda: _answers(client))
        for _ in range(20):
            client.get("/api/health")
        time.sleep(2)
        idle_mb = _rss_mb(service.pid)
        highest = _Highest(service.pid)
        with highest:
            with ThreadPoolExecutor(clients) as pool:
                list(pool.map(lambda number: _post(client, number, picture), range(count)))
            _wait_until(lambda: meshy.created["image-to-3d"] == count)
            time.sleep(2)
        waiting_mb = _rss_mb(service.pid)
        for task_id in list(meshy.tasks):
            meshy.finish(task_id)
        _wait_until(lambda: _all_ended(client, count))
        time.sleep(1)
        print(f"idle {idle_mb:.0f} MB")
        print(f"highest {highest.mb:.0f} MB, that is {highest.mb - idle_mb:.0f} MB over idle")
        print(f"all waiting on Meshy {waiting_mb:.0f} MB, {waiting_mb - idle_mb:.0f} MB over idle")
        print(f"all ended {_rss_mb(service.pid):.0f} MB")


def _post(client: httpx.Client, number: int, picture: str) -> None:
    body = {
        "name": f"Sword {number}",
        "type": "weapon",
        "subtype": "sword",
        "description": "a plain sword",
        "referenceImage": {"dataUrl": picture},
    }
    client.post("/api/generation/pipeline", json=body).raise_for_status()


class _Highest:
    """Looks at a process's memory every 20 ms for as long as it is open."""

    def __init__(self, pid: int) -> None:
        self.mb = 0.0
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            self.mb = max(self.mb, _rss_mb(self._pid))


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/api/health").status_code == 200
    except httpx.HTTPError:
        return False


def _all_ended(client: httpx.Client, count: int) -> bool:
    found = client.get("/api/generation/pipelines", params={"limit": 500}).json()["pipelines"]
    ended = [each for each in found if each["status"] in ("completed", "failed")]
    return len(ended) == count


def _wait_until(reached: object) -> None:
    give_up_at = time.monotonic() + 300
    while not reached():  # type: ignore[operator]
        if time.monotonic() > give_up_at:
            raise TimeoutError("it has not come about in 300 s")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
