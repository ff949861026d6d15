"""Web files: read once at the start, answered from memory, never anything outside the list.

A missing file is 404, never the index page: a browser that gets HTML for a script shows a white
screen. Pages are not stored; the other files are asked for again by their ETag.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".ftl": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_COMPRESSED = frozenset({".html", ".js", ".css", ".ftl", ".json", ".svg"})
_SMALLEST_TO_COMPRESS = 1_000


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    media_type: str
    zipped: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def etag(self) -> str:
        """A name of this content, for the browser to ask by."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:24]}"'


def asset(body: bytes, suffix: str, headers: Mapping[str, str] | None = None) -> Asset:
    """Return the asset of this content; `suffix` is its kind, such as `.js`."""
    guessed = mimetypes.types_map.get(suffix, "application/octet-stream")
    zipped = None
    if suffix in _COMPRESSED and len(body) >= _SMALLEST_TO_COMPRESS:
        zipped = gzip.compress(body, 6, mtime=0)
    return Asset(body, _TYPES.get(suffix, guessed), zipped, headers or {})


def folder_assets(prefix: str, folder: Path) -> dict[str, Asset]:
    """Return the folder's files under `prefix`, hidden ones left out. Blocks: run at the start."""
    if not folder.is_dir():
        return {}
    return {
        f"{prefix}/{path.relative_to(folder).as_posix()}": asset(path.read_bytes(), path.suffix)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    }


class StaticFiles:
    """Answers GET and HEAD for a fixed list of paths."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._assets = {path: (item, item.etag) for path, item in assets.items()}

    @property
    def paths(self) -> Sequence[str]:
        """All paths that are served."""
        return tuple(self._assets)

    def mount(self, application: web.Application) -> None:
        """Add each path to the application; what is not listed stays 404."""
        for path in self._assets:
            application.router.add_get(path, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        item, etag = self._assets[request.path]
        page = item.media_type.startswith("text/html")
        headers = {
            "Cache-Control": "no-store" if page else "no-cache",
            "ETag": etag,
            "Vary": "Accept-Encoding",
            "Content-Type": item.media_type,
            **item.headers,
        }
        if not page and request.headers.get("If-None-Match") == etag:
            del headers["Content-Type"]
            return web.Response(status=304, headers=headers)
        body = item.body
        if item.zipped is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
            body = item.zipped
        return web.Response(body=body, headers=headers)
