"""The OpenAI-compatible backend against a real HTTP server on loopback that does what real servers do."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from models.base import ChatTurn, GenerationOptions, Grammar
from models.errors import BackendUnavailable, GenerationTimeout, ModelError
from models.language.openai import OpenAICompatibleModel

pytestmark = pytest.mark.integration

ASK = (ChatTurn("system", "You sell soap."), ChatTurn("user", "How much?"))
KEY = "sk-very-secret"


@dataclass
class Server:
    """Answers every request with `behave`, and remembers what was asked."""

    behave: Callable[[Server, asyncio.StreamWriter], Awaitable[None]]
    port: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client closes its connection."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(int(line.split(":")[1]) for line in head.splitlines() if line.lower().startswith("content-l"))
            self.requests.append((head, (await reader.readexactly(length)).decode()))
            watch = asyncio.ensure_future(self._watch(reader))
            try:
                await self.behave(self, writer)
            finally:
                watch.cancel()
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
        finally:
            writer.close()

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        if not await reader.read(1):
            self.left.set()


@asynccontextmanager
async def serving(behave: Callable[[Server, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[Server]:
    server = Server(behave)
    async with await asyncio.start_server(server.handle, "127.0.0.1", 0) as listener:
        server.port = listener.sockets[0].getsockname()[1]
        yield server


@asynccontextmanager
async def talking_to(server: Server) -> AsyncIterator[OpenAICompatibleModel]:
    model = OpenAICompatibleModel(f"http://127.0.0.1:{server.port}/v1", "m")
    try:
        yield model
    finally:
        await model.aclose()


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def event(text: str | None, reason: str | None = None) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": {"content": text} if text else {}, "finish_reason": reason}]}
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"


async def start(writer: asyncio.StreamWriter, status: str = "200 OK", *headers: str) -> None:
    lines = (f"HTTP/1.1 {status}", "Content-Type: text/event-stream", "Connection: close", *headers, "", "")
    await send(writer, "\r\n".join(lines).encode())


async def send(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()


async def speaks(server: Server, writer: asyncio.StreamWriter) -> None:
    await start(writer)
    await send(writer, b": keep-alive\n\n" + event("It is "))
    price = event("29,000원")
    await send(writer, price[:-20])  # cut inside a character, as networks do
    await send(writer, price[-20:] + event(None, "stop") + b"data: [DONE]\n\n")


async def test_text_comes_as_it_is_sent() -> None:
    async with serving(speaks) as server, talking_to(server) as model:
        options = GenerationOptions(
            max_tokens=9, temperature=0.1, seed=3, stop=("\n",), grammar=Grammar("root ::= x", "x")
        )
        assert [piece async for piece in model.stream(ASK, options)] == ["It is ", "29,000원"]
    head, body = server.requests[0]
    assert head.startswith("POST /v1/chat/completions ")
    assert f"Bearer {KEY}" in head
    request = json.loads(body)
    assert request["messages"][1] == {"role": "user", "content": "How much?"}
    assert (request["max_tokens"], request["seed"], request["stop"], request["stream"]) == (9, 3, ["\n"], True)
    assert "grammar" not in request


async def test_a_grammar_goes_where_the_server_takes_it() -> None:
    async with serving(speaks) as server:
        model = OpenAICompatibleModel(f"http://127.0.0.1:{server.port}", "m", structured="llama-server")
        await text(model, grammar=Grammar("root ::= x", "x"))
        await model.aclose()
    assert json.loads(server.requests[0][1])["grammar"] == "root ::= x"


async def test_a_server_that_dies_in_the_middle() -> None:
    async def dies(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer)
        await send(writer, event("It is "))

    came: list[str] = []
    async with serving(dies) as server, talking_to(server) as model:
        with pytest.raises(BackendUnavailable, match="in the middle") as caught:
            async for piece in model.stream(ASK, GenerationOptions()):
                came.append(piece)  # noqa: PERF401 - what came before the error is wanted too
    assert came == ["It is "]
    assert caught.value.retryable


async def test_a_server_that_is_not_there() -> None:
    async with serving(speaks) as server:
        pass
    async with talking_to(server) as model:
        with pytest.raises(BackendUnavailable, match=r"127\.0\.0\.1:\d+: ConnectError"):
            await text(model)


@pytest.mark.parametrize(
    ("status", "error", "retryable", "says"),
    [
        ("401 Unauthorized", ModelError, False, r"refuses the API key \(401\): check OPENAI_API_KEY"),
        ("400 Bad Request", ModelError, False, r"refuses the request \(400\): context too long"),
        ("500 Internal Server Error", BackendUnavailable, True, r"failed \(500\)"),
        ("429 Too Many Requests", BackendUnavailable, True, r"is busy \(429\)$"),
    ],
)
async def test_refusals(status: str, error: type[ModelError], retryable: bool, says: str) -> None:
    async def refuses(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer, status)
        await send(writer, b'{"error": {"message": "context\\n too long"}}')

    async with serving(refuses) as server, talking_to(server) as model:
        with pytest.raises(error, match=says) as caught:
            await text(model)
    assert caught.value.retryable is retryable


async def test_a_busy_server_is_asked_again_when_it_says_when() -> None:
    async def busy_once(server: Server, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 1:
            await start(writer, "429 Too Many Requests", "Retry-After: 0")
        else:
            await speaks(server, writer)

    async with serving(busy_once) as server, talking_to(server) as model:
        assert await text(model) == "It is 29,000원"
    assert len(server.requests) == 2


async def test_a_server_busy_for_longer_than_we_can_wait_is_left_alone() -> None:
    async def busy(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer, "503 Service Unavailable", "Retry-After: 3600")

    async with serving(busy) as server, talking_to(server) as model:
        with pytest.raises(BackendUnavailable, match="retry after 3600 s"):
            await text(model)
    assert len(server.requests) == 1


async def test_a_slow_server_times_out() -> None:
    async def slow(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer)
        await send(writer, event("It is "))
        await server.left.wait()

    async with serving(slow) as server, talking_to(server) as model:
        with pytest.raises(GenerationTimeout):
            await text(model, timeout_s=0.3)
        await asyncio.wait_for(server.left.wait(), 5)


async def test_closing_the_stream_closes_the_connection() -> None:
    async def endless(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer)
        while not server.left.is_set():
            await send(writer, event("more "))
            await asyncio.sleep(0.01)

    async with serving(endless) as server, talking_to(server) as model:
        stream = model.stream(ASK, GenerationOptions())
        assert await anext(stream) == "more "
        await stream.aclose()
        await asyncio.wait_for(server.left.wait(), 5)


@pytest.mark.parametrize(
    "data",
    [b"data: {}\n\n", b"data: nonsense\n\n", b'data: {"choices": [1]}\n\n', b'data: {"error": {}}\n\n', b"data: 1\n\n"],
)
async def test_nonsense_is_an_error_and_not_a_crash(data: bytes) -> None:
    async def babbles(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer)
        await send(writer, data)

    async with serving(babbles) as server, talking_to(server) as model:
        with pytest.raises(BackendUnavailable):
            await text(model)


async def test_an_event_without_end_is_cut_off() -> None:
    async def floods(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer)
        while not server.left.is_set():
            await send(writer, b"data: " + b"x" * 65_536)

    async with serving(floods) as server, talking_to(server) as model:
        with pytest.raises(BackendUnavailable, match="too long"):
            await text(model)


async def test_the_key_is_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async def refuses(server: Server, writer: asyncio.StreamWriter) -> None:
        await start(writer, "401 Unauthorized")

    caplog.set_level(logging.DEBUG)
    async with serving(refuses) as server, talking_to(server) as model:
        with pytest.raises(ModelError) as caught:
            await text(model)
        said = repr(caught.value) + repr(model) + repr(vars(model)) + caplog.text
    assert KEY not in said


@pytest.mark.parametrize("url", ["ftp://x", "nonsense", "http://", "http://user:pw@host/v1", "http://[::1"])
def test_a_wrong_address_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(ModelError, match=r"base_url: .*allowed: ") as caught:
        OpenAICompatibleModel(url, "m")
    assert "pw" not in str(caught.value)


async def test_a_closed_model_is_unavailable() -> None:
    model = OpenAICompatibleModel("http://127.0.0.1:9/v1", "m")
    await model.aclose()
    await model.aclose()
    with pytest.raises(BackendUnavailable, match="closed"):
        await text(model)


async def text(model: OpenAICompatibleModel, **options: object) -> str:
    return "".join([piece async for piece in model.stream(ASK, GenerationOptions(**options))])  # type: ignore[arg-type]
