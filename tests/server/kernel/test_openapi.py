"""The API's description."""

import re
from typing import Any

import msgspec
import pytest

from server.serving import openapi_document
from support.api import Api

_REF = re.compile(r'"#/components/schemas/([^"]+)"')


@pytest.fixture
async def document() -> Any:
    return msgspec.json.decode(await openapi_document())


async def test_it_is_openapi_3_1_and_names_no_host(document: Any) -> None:
    assert document["openapi"] == "3.1.0"
    assert "servers" not in document


async def test_every_reference_leads_somewhere(document: Any) -> None:
    text = msgspec.json.encode(document).decode()
    assert set(_REF.findall(text)) <= set(document["components"]["schemas"])


async def test_every_operation_has_its_own_id_an_answer_and_a_problem(document: Any) -> None:
    operations = [o for path in document["paths"].values() for o in path.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"]
        assert "default" in operation["responses"]


async def test_every_path_parameter_is_described(document: Any) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            described = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert described == set(re.findall(r"\{(\w+)\}", path)), path


async def test_an_edit_demands_if_match_and_a_filter_has_no_null(document: Any) -> None:
    change = document["paths"]["/api/v1/people/{id}"]["patch"]
    [if_match] = [p for p in change["parameters"] if p["name"] == "If-Match"]
    assert if_match["required"]
    listing = document["paths"]["/api/v1/people"]["get"]
    [status] = [p for p in listing["parameters"] if p["name"] == "status"]
    assert status["schema"]["enum"] == ["active", "left", "suspended"]


async def test_the_server_serves_the_same_description(api: Api, document: Any) -> None:
    assert await api.get("/api/v1/openapi.json") == document
