"""Model lines end to end over real HTTP streaming: a server that honours the grammar, and four that do not do well."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable

import pytest

from influencer.loading import load_market
from influencer.script.claims import ApprovedLine
from influencer.script.model_writer import ModelWriter
from influencer.script.writers import LineRequest
from models.errors import ModelError
from models.language.openai import STRUCTURED, OpenAICompatibleModel
from tests.integration.test_openai import Server, event, send, serving, start
from tests.unit.script_helpers import guard, sheet

pytestmark = pytest.mark.integration

Behave = Callable[[Server, asyncio.StreamWriter], Awaitable[None]]
WISHES = ("It costs $24.00 only.", "{name} is {magic}.", "Have a look at {name}, now {price}.")
"""What a model would like to say, best first; only the last is in the grammar."""
END = event(None, "stop") + b"data: [DONE]\n\n"


async def written(behave: Behave, structured: str, timeout_s: float = 5.0) -> tuple[ApprovedLine, Server]:
    async with serving(behave) as server:
        model = OpenAICompatibleModel(f"http://127.0.0.1:{server.port}/v1", "m", structured=structured)
        try:
            request = LineRequest("call-to-action", sheet("en-US"), load_market("en-US"))
            return await ModelWriter(model, timeout_s=timeout_s).write(request, guard("en-US")), server
        finally:
            await model.aclose()


def pattern_of(request: dict[str, object], structured: str) -> str | None:
    """The regular expression a server of this kind finds in a request."""
    match structured:
        case "vllm":
            return request["structured_outputs"]["regex"]  # type: ignore[index,no-any-return]
        case "vllm-guided":
            return str(request["guided_regex"])
        case "sglang":
            return str(request["regex"])
        case "json-schema":
            schema = request["response_format"]["json_schema"]["schema"]  # type: ignore[index]
            return str(schema["properties"]["line"]["pattern"])
        case _:
            return None


async def spoken(writer: asyncio.StreamWriter, text: str) -> None:
    await start(writer)
    for at in range(0, len(text), 5):
        await send(writer, event(text[at : at + 5]))
    await send(writer, END)


@pytest.mark.parametrize("structured", ["vllm", "vllm-guided", "sglang", "json-schema"])
async def test_a_server_that_honours_the_grammar(structured: str) -> None:
    async def honours(server: Server, writer: asyncio.StreamWriter) -> None:
        pattern = pattern_of(json.loads(server.requests[-1][1]), structured)
        text = next(wish for wish in WISHES if re.fullmatch(str(pattern), wish))
        await spoken(writer, json.dumps({"line": text}) if structured == "json-schema" else text)

    line, server = await written(honours, structured)

    assert (line.source, line.text) == ("model", WISHES[-1])
    assert len(server.requests) == 1


async def test_llama_server_gets_gbnf() -> None:
    async def honours(server: Server, writer: asyncio.StreamWriter) -> None:
        gbnf = json.loads(server.requests[-1][1])["grammar"]
        await spoken(writer, WISHES[-1] if '"{price}"' in gbnf and gbnf.startswith("root ::= ") else WISHES[0])

    line, _ = await written(honours, "llama-server")

    assert line.source == "model"


async def test_a_server_that_ignores_the_grammar_is_held_to_it() -> None:
    async def ignores(server: Server, writer: asyncio.StreamWriter) -> None:
        await spoken(writer, WISHES[0])

    line, server = await written(ignores, "vllm")

    assert line.source == "template"
    assert len(server.requests) == 2
    assert "may not be written" in server.requests[1][1], "the second try is told why"


async def test_a_server_that_ignores_it_and_does_better_when_told() -> None:
    async def learns(server: Server, writer: asyncio.StreamWriter) -> None:
        await spoken(writer, WISHES[0] if len(server.requests) == 1 else WISHES[-1])

    assert (await written(learns, "none"))[0].source == "model"


async def test_a_server_that_stalls() -> None:
    async def stalls(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer)
        await send(writer, event("Have a look at {na"))
        await server.left.wait()

    line, server = await written(stalls, "vllm", timeout_s=0.3)

    assert line.source == "template"
    await asyncio.wait_for(server.left.wait(), 5)


async def test_a_server_that_breaks_off_in_the_middle() -> None:
    async def breaks(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer)
        await send(writer, event("Have a look at {name}."))

    assert (await written(breaks, "sglang"))[0].source == "template"


async def test_a_server_that_refuses_the_grammar() -> None:
    async def refuses(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer, "400 Bad Request")
        await send(writer, b'{"error": {"message": "unknown field regex"}}')

    line, server = await written(refuses, "sglang")

    assert line.source == "template"
    assert len(server.requests) == 1


def test_an_unknown_kind_of_server_is_named() -> None:
    with pytest.raises(ModelError, match=r"structured: got 'tgi'; allowed: none, llama-server") as caught:
        OpenAICompatibleModel("http://localhost/v1", "m", structured="tgi")
    assert all(known in str(caught.value) for known in STRUCTURED)
