"""The page that gives phones and computers the site's authority, before they can trust it.

It comes over plain HTTP too, holds no script and takes no input. Who loads it over plain HTTP may
be deceived: so it shows the fingerprint, and asks to compare it with what the box itself shows.
"""

from collections.abc import Callable
from html import escape
from pathlib import Path

from aiohttp import web

from server.front_door.authority import Authority
from server.front_door.plan import TRUST_PATHS
from server.kernel.gateway import language_of
from server.kernel.i18n import LANGUAGES, Catalogues
from server.kernel.static import StaticFiles, asset

PAGE = TRUST_PATHS[0]
CRT, PEM, PROFILE = f"{PAGE}/root.crt", f"{PAGE}/root.pem", f"{PAGE}/genba.mobileconfig"
STYLE, ICON = f"{PAGE}/page.css", f"{PAGE}/icon.svg"
# What is set up how, and the file for it. The first of the files is the one most devices want.
SYSTEMS = (
    ("iphone", PROFILE),
    ("android", CRT),
    ("windows", CRT),
    ("macos", PROFILE),
    ("linux", PEM),
    ("firefox", PEM),
)
_FILES = {
    STYLE: Path(__file__).parent / "web" / "page.css",
    ICON: Path(__file__).parent.parent / "web" / "icon.svg",
}


class TrustPage:
    """Serves the page and its downloads; without an authority they are not found."""

    def __init__(
        self, texts: Catalogues, authority: Callable[[], Authority | None], site: str
    ) -> None:
        """`site` is the URL that the page leads on to."""
        self._texts = texts
        self._authority = authority
        self._site = site
        # Below its own path, since plain HTTP leads nowhere else. Read at the start, as all files.
        self._files = StaticFiles(
            {path: asset(file.read_bytes(), file.suffix) for path, file in _FILES.items()}
        )

    def mount(self, application: web.Application) -> None:
        """Add the page and its downloads to the application."""
        for path, serve in (
            (PAGE, self._show),
            (CRT, self._give_crt),
            (PEM, self._give_pem),
            (PROFILE, self._give_profile),
        ):
            application.router.add_get(path, serve)
        self._files.mount(application)

    async def _show(self, request: web.Request) -> web.Response:
        authority = self._known()
        wanted = request.query.get("language", "")
        language = wanted if wanted in LANGUAGES else language_of(request)
        return web.Response(
            text=self._page(authority, language),
            content_type="text/html",
            charset="utf-8",
            headers={"Cache-Control": "no-store", "Content-Language": language},
        )

    async def _give_crt(self, _: web.Request) -> web.Response:
        return _file(self._known().der, "application/x-x509-ca-cert", "genba.crt")

    async def _give_pem(self, _: web.Request) -> web.Response:
        return _file(self._known().pem, "application/x-pem-file", "genba.pem")

    async def _give_profile(self, _: web.Request) -> web.Response:
        profile = self._known().mobileconfig()
        return _file(profile, "application/x-apple-aspen-config", "genba.mobileconfig")

    def _known(self) -> Authority:
        authority = self._authority()
        if authority is None:
            raise web.HTTPNotFound
        return authority

    def _page(self, authority: Authority, language: str) -> str:
        def text(key: str) -> str:
            return escape(self._texts.text(language, key))

        systems = "\n".join(
            f"<details><summary>{text(f'trust-{system}')}</summary>"
            f"<ol>{_items(text(f'trust-{system}.steps'))}</ol>"
            f'<p><a class="button" href="{path}" download>'
            f"{text(f'trust-{system}.download')}</a></p></details>"
            for system, path in SYSTEMS
        )
        others = " ".join(
            f'<a href="{PAGE}?language={other}" lang="{other}" hreflang="{other}">'
            f"{escape(self._texts.text(other, 'trust-language'))}</a>"
            for other in LANGUAGES
            if other != language
        )
        return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text("trust-title")} · Genba</title>
<link rel="icon" href="{ICON}" type="image/svg+xml">
<link rel="stylesheet" href="{STYLE}">
</head>
<body>
<main>
<nav>{others}</nav>
<h1>{text("trust-title")}</h1>
<p>{text("trust-lead")}</p>
<p>{text("trust-already")}<br><a href="{escape(self._site)}">{text("trust-open")}</a></p>
<h2>{text("trust-fingerprint")}</h2>
<p>{escape(authority.name)} · SHA-256</p>
<code>{_grouped(authority.fingerprint)}</code>
<p class="care">{text("trust-compare")}</p>
<h2>{text("trust-which")}</h2>
{systems}
<h2>{text("trust-then")}</h2>
<p><a class="button" href="{escape(self._site)}">{text("trust-open")}</a></p>
</main>
</body>
</html>
"""


def _items(lines: str) -> str:
    return "".join(f"<li>{line}</li>" for line in lines.splitlines() if line)


def _grouped(fingerprint: str) -> str:
    """Return the fingerprint in four lines of eight bytes, easier to compare by eye."""
    pairs = fingerprint.split(":")
    lines = [" ".join(pairs[at : at + 8]) for at in range(0, len(pairs), 8)]
    return "<br>".join(lines)


def _file(body: bytes, media_type: str, name: str) -> web.Response:
    return web.Response(
        body=body,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )
