"""The kiosk's files, read once at start; nothing else on the disk can be asked for."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

INDEX = "index.html"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ftl": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is answered. HTML is never stored by browsers, all else is revalidated."""

    body: bytes
    content_type: str
    etag: str
    cache_control: str


def read_assets(folder: Path) -> dict[str, Asset]:
    """Return the files below `folder` by URL path; hidden files are left out."""
    found: dict[str, Asset] = {}
    for path in sorted(folder.rglob("*")):
        inner = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in inner.parts):
            continue
        asset = _asset(path)
        found[f"/{inner.as_posix()}"] = asset
        if inner.name == INDEX:
            parent = inner.parent.as_posix()
            found["/" if parent == "." else f"/{parent}/"] = asset
    return found


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    html = path.suffix == ".html"
    return Asset(
        body=body,
        content_type=_TYPES.get(path.suffix, guessed),
        etag=f'"{hashlib.sha256(body).hexdigest()[:24]}"',
        cache_control="no-store" if html else "no-cache",
    )
