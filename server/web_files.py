"""Which files the browser may have, and under which paths."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from server.kernel.edge import CONTENT_SECURITY_POLICY
from server.kernel.i18n import LANGUAGES, Catalogues
from server.kernel.static import Asset, asset, folder_assets

SERVER = Path(__file__).parent
KIOSK = SERVER.parent / "kiosk"
_DOCS = SERVER / "kernel" / "api_docs"
_POLICY = "Content-Security-Policy"


def web_assets(modules: Sequence[tuple[str, Path]], texts: Catalogues) -> dict[str, Asset]:
    """Return every web file by path. Blocks: reads them all."""
    assets = {
        **folder_assets("/web", SERVER / "web"),
        **folder_assets("/kit", KIOSK / "kit"),
        **folder_assets("/vendor", KIOSK / "vendor"),
        **folder_assets("/api/docs", _DOCS),
    }
    for name, folder in modules:
        assets |= folder_assets(f"/modules/{name}", folder / "web")
    for language in LANGUAGES:
        assets[f"/locales/{language}.ftl"] = asset(texts.source(language).encode(), ".ftl")
    if (index := assets.pop("/web/index.html", None)) is not None:
        assets["/"] = index
    # Swagger UI inlines its icons and writes HTML that it has cleaned itself; it alone may.
    docs = assets.pop("/api/docs/index.html")
    policy = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")
    assets["/api/docs"] = replace(docs, headers={_POLICY: policy})
    return assets
