"""What Caddy's configuration must contain, as a pure function of what it contains now.

The words are those of Caddy 2.6's JSON configuration (https://caddyserver.com/docs/json/). What an
admin added stays: objects are merged, and of lists only our own elements are touched.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

# caddy-api-client knows no other name of a server.
SERVER = "srv0"
PLAIN_SERVER = "genba-http"
LEAF_LIFETIME = "12h"
MAX_HEADER_BYTES = 16 * 1024
MAX_BODY_BYTES = 8 << 20
# A year; no includeSubDomains: the names below ours are not ours (RFC 6797, 6.1).
HSTS = "max-age=31536000; includeSubDomains"
TRUST_PATHS = ("/trust", "/trust/*")
_TIMEOUTS: Mapping[str, Json] = {
    "read_header_timeout": "10s",
    "read_timeout": "60s",
    "idle_timeout": "2m",
    "max_header_bytes": MAX_HEADER_BYTES,
    # HTTP/3 would open a UDP port more, for nothing that a LAN could feel.
    "protocols": ["h1", "h2"],
}


@dataclass(frozen=True, slots=True)
class Door:
    """How the site is reached.

    `names` begin with the one that others are led to; `public_name` (or "") gets its certificate
    by ACME, the others from the internal CA. `upstream` is the server's own `host:port`.
    """

    names: Sequence[str]
    upstream: str
    public_name: str = ""
    https_port: int = 443
    http_port: int = 80

    @property
    def main(self) -> str:
        """The name that others are led to, and the route's `@id`."""
        return self.names[0]

    @property
    def url(self) -> str:
        """The site's address by the main name, with a slash at its end."""
        port = "" if self.https_port == 443 else f":{self.https_port}"
        return f"https://{self.main}{port}/"

    @property
    def hosts(self) -> list[str]:
        """All names that are answered to."""
        return [*self.names, *([self.public_name] if self.public_name else [])]


def site_route(door: Door) -> dict[str, Json]:
    """Return the route of the site."""
    return {
        "@id": door.main,
        "match": [{"host": [*door.hosts]}],
        "handle": [
            {
                "handler": "headers",
                "response": {
                    "set": {"Strict-Transport-Security": [HSTS]},
                    "delete": ["Via"],
                    "deferred": True,
                },
            },
            {
                "handler": "encode",
                "encodings": {"zstd": {}, "gzip": {}},
                "prefer": ["zstd", "gzip"],
                "minimum_length": 512,
            },
            *_to_server(door),
        ],
        "terminal": True,
    }


def planned(current: Json, door: Door) -> dict[str, Json]:
    """Return the configuration with all of ours in it but the site's route.

    The same value comes back where nothing is missing. The site's route has a life of its own, so
    that it can be changed without a word about the rest.
    """
    whole = current if isinstance(current, dict) else {}
    result = overlay(whole, _base(door))
    assert isinstance(result, dict)
    return result


def overlay(current: Json, ours: Json) -> Json:
    """Return `current` with `ours` in it.

    Objects are merged. Of a list our elements are added unless they are there; one with an `@id`
    takes the place of the element with that `@id`. Any other value of ours replaces theirs.
    """
    if isinstance(ours, dict) and isinstance(current, dict):
        return {
            **current,
            **{
                key: overlay(current[key], value) if key in current else value
                for key, value in ours.items()
            },
        }
    if isinstance(ours, list) and isinstance(current, list):
        result = [*current]
        for element in ours:
            same = [at for at, old in enumerate(result) if _is_same(old, element)]
            if same:
                result[same[0]] = element
            else:
                result.append(element)
        return result
    return ours


def stale_routes(current: Json, door: Door) -> list[str]:
    """Return the ids of routes to this server under names that it no longer has."""
    found: list[str] = []
    for route in _list(_at(current, "apps", "http", "servers", SERVER, "routes")):
        name = _at(route, "@id")
        if isinstance(name, str) and name != door.main and _leads_to(route, door.upstream):
            found.append(name)
    return found


def _base(door: Door) -> dict[str, Json]:
    http: dict[str, Json] = {
        "servers": {
            SERVER: {
                "listen": [f":{door.https_port}"],
                **_TIMEOUTS,
                "automatic_https": {"disable_redirects": True},
                "routes": [
                    {
                        "@id": "genba-unknown-host",
                        "handle": [{"handler": "static_response", "status_code": 421}],
                    }
                ],
            },
            PLAIN_SERVER: {
                "listen": [f":{door.http_port}"],
                **_TIMEOUTS,
                "automatic_https": {"disable": True},
                "routes": _plain_routes(door),
            },
        }
    }
    if (door.https_port, door.http_port) != (443, 80):
        http |= {"https_port": door.https_port, "http_port": door.http_port}
    internal: dict[str, Json] = {
        "@id": "genba-internal-names",
        "subjects": [*door.names],
        "issuers": [{"module": "internal", "lifetime": LEAF_LIFETIME}],
    }
    authority: dict[str, Json] = {
        "name": "Genba",
        "root_common_name": f"Genba {door.main}",
        "intermediate_common_name": f"Genba {door.main} intermediate",
        "install_trust": False,
    }
    policies: list[Json] = [internal]
    if door.public_name:
        public: dict[str, Json] = {
            "@id": "genba-public-name",
            "subjects": [door.public_name],
            "issuers": [{"module": "acme"}],
        }
        policies.append(public)
    return {
        "apps": {
            "http": http,
            "tls": {"automation": {"policies": policies}},
            "pki": {"certificate_authorities": {"local": authority}},
        }
    }


def _plain_routes(door: Door) -> list[Json]:
    """Plain HTTP leads to HTTPS, except to the page that tells how to trust us.

    Who asks plainly for the bare name has not been here by HTTPS yet (RFC 6797, 8.3), and gets that
    page first; under a public name there is nothing to install.
    """
    bare: dict[str, Json] = {"path": ["/"], "method": ["GET", "HEAD"]}
    if door.public_name:
        bare["not"] = [{"host": [door.public_name]}]
    to_page: dict[str, Json] = {
        "handler": "static_response",
        "status_code": 302,
        "headers": {"Location": [TRUST_PATHS[0]], "Cache-Control": ["no-store"]},
    }
    port = "" if door.https_port == 443 else f":{door.https_port}"
    return [
        {
            "@id": "genba-trust",
            "match": [{"path": [*TRUST_PATHS], "method": ["GET", "HEAD"]}, bare],
            "handle": [
                {
                    "handler": "subroute",
                    "routes": [
                        {"match": [{"path": ["/"]}], "handle": [to_page], "terminal": True},
                        {"handle": _to_server(door)},
                    ],
                }
            ],
            "terminal": True,
        },
        {
            "@id": "genba-to-https",
            "match": [{"host": [*door.hosts]}],
            "handle": [_redirect("{http.request.host}" + port)],
            "terminal": True,
        },
        {"@id": "genba-to-name", "handle": [_redirect(door.main + port)]},
    ]


def _redirect(host: str) -> Json:
    location: list[Json] = [f"https://{host}{{http.request.uri}}"]
    return {"handler": "static_response", "status_code": 308, "headers": {"Location": location}}


def _to_server(door: Door) -> list[Json]:
    return [
        {"handler": "request_body", "max_size": MAX_BODY_BYTES},
        {
            "handler": "reverse_proxy",
            "upstreams": [{"dial": door.upstream}],
            # While the server starts again a request waits instead of failing.
            "load_balancing": {"try_duration": "5s", "try_interval": "250ms"},
            # Caddy replaces X-Forwarded-* by itself; these it would let through.
            "headers": {"request": {"delete": ["Forwarded", "X-Real-Ip"]}},
        },
    ]


def _is_same(theirs: Json, ours: Json) -> bool:
    if isinstance(theirs, dict) and isinstance(ours, dict) and "@id" in ours:
        return theirs.get("@id") == ours["@id"]
    return theirs == ours


def _leads_to(route: Json, upstream: str) -> bool:
    return f'"dial": {json.dumps(upstream)}' in json.dumps(route)


def _at(value: Json, *path: str) -> Json:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
