"""The API against its own description: whatever is sent, fitting the OpenAPI schema or not, no answer is a 5xx.

Every refusal is a problem (RFC 9457), and every operation has a name of its own for generated clients.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.schemas import APIOperation

from influencer.accounts.roles import Role
from influencer.web.config import Rate, Rates, WebSettings
from tests.browser.on_air import Served, served
from tests.people import key_of, person
from tests.web_house import BRIEF

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1200)]
EXAMPLES = 6
"""Of each kind for each operation; more find nothing new for their time. The seed is fixed: a run can be repeated."""
OFTEN = Rate(1_000_000, 1_000_000.0)
RATES = Rates(**dict.fromkeys(Rates.__dataclass_fields__, OFTEN))
Operation = APIOperation[Any, Any, Any, Any]
KNOWN = {"show_id": "demo", "product_id": BRIEF.id}
"""Path parameters that lead somewhere; others are made up."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    web = WebSettings(operator_token="operator-token-for-tests", rates=RATES)
    with served(tmp_path_factory.mktemp("api"), settings=web) as running:
        yield running


@pytest.fixture(scope="module")
def keys(house: Served) -> dict[str, dict[str, str]]:
    async def made() -> dict[str, dict[str, str]]:
        roles = {"admin": (Role.ADMIN, None), "advertiser": (Role.ADVERTISER, "mine")}
        return {
            name: await key_of(house.store, await person(house.store, role, tenant, login=name))
            for name, (role, tenant) in roles.items()
        }

    return asyncio.run_coroutine_threadsafe(made(), house.loop).result(60)


@pytest.fixture(scope="module")
def operations(house: Served) -> list[Operation]:
    schema = schemathesis.openapi.from_url(f"{house.url}/api/openapi.json")
    return [result.ok() for result in schema.get_all_operations()]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "not-fitting"])
def test_no_answer_is_a_server_error(
    operations: list[Operation], keys: dict[str, dict[str, str]], mode: GenerationMode
) -> None:
    assert len(operations) > 60
    wrong: list[str] = []
    for operation in operations:
        role = "advertiser" if operation.path.startswith("/api/briefs") else "admin"
        wrong += _tried(operation, mode, {**keys[role], "Cookie": "viewer=" + "v" * 24})
    assert not wrong, "\n".join(wrong)


def _tried(operation: Operation, mode: GenerationMode, headers: dict[str, str]) -> list[str]:
    """What was answered that should not be."""
    wrong: list[str] = []

    @seed(1)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def tried(case: Case) -> None:
        made_up = case.path_parameters or {}
        case.path_parameters = {**made_up, **{name: KNOWN[name] for name in made_up if name in KNOWN}}
        answer = case.call(headers=headers)
        kind = (answer.headers.get("content-type") or [""])[0]
        if answer.status_code >= 500 or (answer.status_code >= 400 and "problem+json" not in kind):
            wrong.append(
                f"{operation.label}: {answer.status_code} {kind} {answer.text[:200]} for {case.as_curl_command()}"
            )

    try:
        tried()
    except Unsatisfiable:  # nothing else fits, or there is nothing that would not fit
        return wrong
    return wrong


def test_the_description_names_every_operation_once(operations: list[Operation]) -> None:
    names = [operation.definition.raw.get("operationId") for operation in operations]
    assert None not in names
    assert len(set(names)) == len(names)
