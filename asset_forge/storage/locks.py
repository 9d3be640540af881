"""One lock per asset, so that no two edits of the same metadata.json ever overlap."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from weakref import WeakValueDictionary


class _AssetLock:
    """An RLock that can be referred to weakly; it lives as long as somebody holds or awaits it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()


class AssetLocks:
    """Locks for threads of this process, handed out by asset id."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: WeakValueDictionary[str, _AssetLock] = WeakValueDictionary()

    @contextmanager
    def hold(self, *asset_ids: str) -> Iterator[None]:
        """Hold the locks of all these assets, taken in the order of their names."""
        with self._guard:
            locks = [self._locks.setdefault(name, _AssetLock()) for name in sorted({*asset_ids})]
        with ExitStack() as held:
            for each in locks:
                held.enter_context(each.lock)
            yield
