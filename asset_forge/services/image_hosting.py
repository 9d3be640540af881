"""ImageHostingService: how an outside maker gets to see a picture that lies on this machine.

Most pictures travel inside the request as a data URI. For the rest there is a folder that the
image server shows, an account-free host, or a smaller picture.
"""

import asyncio
import contextlib
import hashlib
import ipaddress
import json
import secrets
from collections.abc import Callable, Collection
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import structlog

from asset_forge.errors import NotFound
from asset_forge.pictures import check_picture, encode_data_url, to_small_jpeg
from asset_forge.storage.atomic import storage_errors, write_bytes, write_json
from asset_forge.storage.paths import AssetRoot

# Meshy does not document a limit but answers 413 to large bodies (seen 2026): stay below 10 MB.
DATA_URI_LIMIT_BYTES = 10_000_000
HOSTED_FOLDER = "hosted"
LARGEST_PICTURE_PIXELS = 64_000_000
IMGUR_URL = "https://api.imgur.com/3/image"
IMGUR_TIMEOUT_S = 60.0
_EXTENSIONS = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp"}
_IMGUR_NOTE = ".imgur.json"
# In the place of an owner's key, which is hexadecimal: Imgur has to be told yet.
_DROPPED = "dropped"
# Names that only mean something inside a network (RFC 6761, RFC 6762, RFC 8375, ICANN 2024).
_PRIVATE_ZONES = ("localhost", "local", "internal", "lan", "home.arpa", "test", "invalid")

_log = structlog.get_logger(__name__)


class ImageHostingService:
    """Shows pictures to outside makers for as long as their pipeline runs.

    `image_server_url` is where the image server can be reached, `imgur_client_id` allows Imgur;
    both may be empty. Hosted files are named so that nobody can guess them.
    """

    def __init__(
        self,
        *,
        root: AssetRoot,
        client: httpx.AsyncClient,
        image_server_url: str = "",
        imgur_client_id: str = "",
        data_uri_limit_bytes: int = DATA_URI_LIMIT_BYTES,
    ) -> None:
        self.folder = root.state_dir / HOSTED_FOLDER
        self._client = client
        self._image_server_url = image_server_url.rstrip("/")
        self._imgur_client_id = imgur_client_id
        self._data_uri_limit_bytes = data_uri_limit_bytes

    async def present(self, picture: Path, *, owner: str | None = None) -> str:
        """Return a picture as something a maker can fetch: a data URI, or a public URL.

        What has to be hosted belongs to `owner`, a pipeline, until `release`; without one that is
        the pipeline in whose workspace the picture lies. May send the picture to Imgur, when that
        is configured. Raises BadPicture, or NotFound when the picture is gone.
        """
        data, mime_type = await asyncio.to_thread(_read_picture, picture)
        if _data_uri_size(len(data), mime_type) < self._data_uri_limit_bytes:
            return await asyncio.to_thread(encode_data_url, data, mime_type)
        owner = owner or picture.parent.name
        if is_public_url(self._image_server_url):
            return f"{self._image_server_url}/{await self.host(picture, owner)}"
        if self._imgur_client_id:
            link = await self._show_on_imgur(data, owner)
            if link is not None:
                return link
        return await asyncio.to_thread(self._shrunk_data_uri, data)

    async def host(self, picture: Path, owner: str) -> str:
        """Copy a picture to where the image server shows it; return its name there.

        Raises BadPicture, NotFound, StorageUnavailable.
        """
        return await asyncio.to_thread(self._host, picture, owner)

    async def release(self, owner: str) -> None:
        """Take back all that was hosted for an owner, here and at Imgur. Never raises.

        What Imgur does not delete now is tried again at each later release.
        """
        try:
            await asyncio.to_thread(self._take_back, lambda key: key == _owner_key(owner))
        except OSError as error:
            _log.warning("hosted_pictures_left", reason=error.strerror)
        await self.forget_dropped()

    def clean_up(self, keep: Collection[str] = ()) -> None:
        """Take back what was hosted for all owners but those in `keep`. Only at start.

        Pictures at Imgur are not deleted yet: `forget_dropped` does that, which can wait.
        """
        kept = {_owner_key(owner) for owner in keep}
        self._take_back(lambda key: key not in kept)

    async def forget_dropped(self) -> None:
        """Delete pictures at Imgur whose owners are gone, in a minute at the most. Never raises.

        Without a client id nothing can be deleted: the notes wait until there is one again.
        """
        if not self._imgur_client_id:
            return
        with contextlib.suppress(TimeoutError, OSError):
            async with asyncio.timeout(IMGUR_TIMEOUT_S):
                for note in await asyncio.to_thread(self._dropped_notes):
                    if await self._forget(note):
                        await asyncio.to_thread(note.unlink, missing_ok=True)

    # --- this machine ---

    def _host(self, picture: Path, owner: str) -> str:
        data, mime_type = _read_picture(picture)
        extension = _EXTENSIONS[mime_type.removeprefix("image/").upper()]
        name = f"{_owner_key(owner)}-{secrets.token_urlsafe(16)}{extension}"
        with storage_errors("host a picture"):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_bytes(self.folder / name, data)
        return name

    def _take_back(self, is_meant: Callable[[str], bool]) -> None:
        """Remove pictures by their owners' keys; notes of Imgur are marked as dropped."""
        for path in list(self.folder.iterdir()) if self.folder.is_dir() else []:
            key = path.name.partition("-")[0]
            if key == _DROPPED or not is_meant(key) or (path.is_dir() and not path.is_symlink()):
                continue
            if path.name.endswith(_IMGUR_NOTE):
                path.replace(self.folder / _note_name(_DROPPED))
            else:
                path.unlink(missing_ok=True)

    def _dropped_notes(self) -> list[Path]:
        return sorted(self.folder.glob(f"{_DROPPED}-*{_IMGUR_NOTE}"))

    def _shrunk_data_uri(self, data: bytes) -> str:
        prefix_bytes = len("data:image/jpeg;base64,")
        jpeg = to_small_jpeg(
            data, max_bytes=(self._data_uri_limit_bytes - prefix_bytes - 4) * 3 // 4
        )
        _log.info("picture_shrunk", before_bytes=len(data), after_bytes=len(jpeg))
        return encode_data_url(jpeg, "image/jpeg")

    # --- Imgur (apidocs.imgur.com, read November 2026) ---

    async def _show_on_imgur(self, data: bytes, owner: str) -> str | None:
        """Upload a picture and return its link, or None when Imgur does not want it."""
        try:
            async with asyncio.timeout(IMGUR_TIMEOUT_S):
                answer = await self._client.post(
                    IMGUR_URL,
                    headers=self._imgur_headers,
                    files={"image": data},
                    data={"type": "file"},
                    timeout=IMGUR_TIMEOUT_S,
                )
            answer.raise_for_status()
            link, delete_hash = _read_imgur_answer(answer)
        except (httpx.HTTPError, TimeoutError, ValueError, LookupError, TypeError) as error:
            # The picture can still travel smaller, so this is no reason to fail.
            _log.warning("imgur_upload_failed", reason=type(error).__name__)
            return None
        note = self.folder / _note_name(_owner_key(owner))
        try:
            await asyncio.to_thread(self._write_note, note, delete_hash)
        except BaseException:
            # Without its note the picture would stay there for good.
            await self._delete(delete_hash)
            raise
        return link

    def _write_note(self, path: Path, delete_hash: str) -> None:
        with storage_errors("note a picture at Imgur"):
            self.folder.mkdir(parents=True, exist_ok=True)
        write_json(path, {"deletehash": delete_hash})

    async def _forget(self, note: Path) -> bool:
        """Delete the picture of a note. True when the note is of no use any more."""
        try:
            delete_hash = json.loads(await asyncio.to_thread(note.read_bytes))["deletehash"]
        except FileNotFoundError:
            return True
        except (ValueError, LookupError, TypeError):
            _log.warning("imgur_note_unreadable", file=note.name)
            return True
        return await self._delete(str(delete_hash))

    async def _delete(self, delete_hash: str) -> bool:
        """Delete a picture at Imgur. True when it is gone."""
        url = f"{IMGUR_URL}/{quote(delete_hash, safe='')}"
        try:
            answer = await self._client.delete(
                url, headers=self._imgur_headers, timeout=IMGUR_TIMEOUT_S
            )
        except httpx.HTTPError as error:
            _log.warning("imgur_delete_failed", reason=type(error).__name__)
            return False
        if answer.is_success or answer.status_code == 404:
            return True
        _log.warning("imgur_delete_failed", status=answer.status_code)
        return False

    @property
    def _imgur_headers(self) -> dict[str, str]:
        return {"Authorization": f"Client-ID {self._imgur_client_id}"}


def _read_imgur_answer(answer: httpx.Response) -> tuple[str, str]:
    """Return link and deletehash. Raises ValueError, LookupError or TypeError."""
    shown = answer.json()["data"]
    link = str(shown["link"])
    if urlsplit(link).scheme != "https":
        raise ValueError("the link is not https")
    return link, str(shown["deletehash"])


def is_public_url(url: str) -> bool:
    """Tell whether a URL names a host that the world could reach; nothing is looked up."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        pass
    in_private_zone = any(host == zone or host.endswith(f".{zone}") for zone in _PRIVATE_ZONES)
    # A name of digits alone is another way to write an IPv4 address.
    return "." in host and not in_private_zone and not host.replace(".", "").isdigit()


def _read_picture(path: Path) -> tuple[bytes, str]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"The picture {path.name} is gone", code="file_not_found") from None
    return data, check_picture(data, max_pixels=LARGEST_PICTURE_PIXELS).mime_type


def _data_uri_size(size_bytes: int, mime_type: str) -> int:
    return len(f"data:{mime_type};base64,") + (size_bytes + 2) // 3 * 4


def _note_name(key: str) -> str:
    return f"{key}-{secrets.token_urlsafe(16)}{_IMGUR_NOTE}"


def _owner_key(owner: str) -> str:
    """Make a file name's beginning from a pipeline's id without telling the id."""
    return hashlib.sha256(owner.encode()).hexdigest()[:16]
