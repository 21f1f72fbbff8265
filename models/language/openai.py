"""Any server that speaks OpenAI's chat completions with server-sent events: vLLM, SGLang, llama-server, hosted."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import httpx

from models.base import ChatTurn, GenerationOptions, Grammar
from models.errors import BackendUnavailable, ModelError
from models.language.streams import within

RETRIES = 2
"""Times a busy server (429, 503) is asked again, when it says how long to wait and that is before the deadline."""
MAX_LINE = 1 << 20
"""Characters one event may have; a server that sends more is not believed."""

FIELD = "line"
"""The one field of a JSON answer, where a server knows schemas and no plain grammar."""


def _json_schema(grammar: Grammar) -> dict[str, Any]:
    line = {"type": "string", "pattern": f"^{grammar.regex}$"}
    schema = {"type": "object", "properties": {FIELD: line}, "required": [FIELD], "additionalProperties": False}
    return {
        "response_format": {"type": "json_schema", "json_schema": {"name": FIELD, "strict": True, "schema": schema}}
    }


STRUCTURED: dict[str, Callable[[Grammar], dict[str, Any]]] = {
    "none": lambda _: {},
    "llama-server": lambda grammar: {"grammar": grammar.gbnf},
    "vllm": lambda grammar: {"structured_outputs": {"regex": grammar.regex}},
    "vllm-guided": lambda grammar: {"guided_regex": grammar.regex},
    "sglang": lambda grammar: {"regex": grammar.regex},
    "json-schema": _json_schema,
}
"""The fields of a request in which each kind of server takes a grammar."""


class OpenAICompatibleModel:
    """A model on a server. The API key comes from the environment only and appears in no log and no error."""

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        api_key_env: str = "OPENAI_API_KEY",
        structured: str = "none",
        connect_timeout_s: float = 5.0,
    ) -> None:
        """Name the server; nothing is sent yet.

        Args:
            base_url: as its documentation gives it, with the version: "http://localhost:8000/v1".
            model: the name the server knows the model by.
            api_key_env: the environment variable that holds the key; unset means no key.
            structured: how this server takes a grammar: "llama-server", "vllm", "vllm-guided" (before 0.12), "sglang",
                "json-schema" (hosted ones), or "none": it is not sent.
            connect_timeout_s: seconds to wait for a connection.

        Raises:
            ModelError: `base_url` is no http(s) address, or holds a password; `structured` is unknown.
        """
        url = _checked(base_url)
        if structured not in STRUCTURED:
            raise ModelError(f"structured: got {structured!r}; allowed: {', '.join(STRUCTURED)}")
        key = os.environ.get(api_key_env, "").strip()
        self.name = f"openai:{model}"
        self._model = model
        self._host = url.netloc.decode()
        self._key_env = api_key_env
        self._structured = structured
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(None, connect=connect_timeout_s),  # the deadline of each stream bounds the rest
        )

    def stream(self, turns: Sequence[ChatTurn], options: GenerationOptions) -> AsyncGenerator[str, None]:
        """Yield pieces of text as they come; see `models.base.LanguageModel`. Closing closes the connection.

        Raises:
            GenerationTimeout: `timeout_s` passed.
            BackendUnavailable: the server is unreachable, busy, broken, or stopped in the middle.
            ModelError: the server refuses the key or the request: asking again cannot help.
        """
        return within(self._retried(self._request(turns, options), options.timeout_s), options.timeout_s)

    async def aclose(self) -> None:
        """Close every connection. Idempotent."""
        await self._client.aclose()

    async def _retried(self, body: dict[str, Any], patience_s: float) -> AsyncGenerator[str, None]:
        for attempt in range(RETRIES + 1):
            try:
                async with aclosing(self._once(body)) as pieces:
                    async for piece in pieces:
                        yield piece
            except _BusyError as busy:
                if attempt == RETRIES or busy.wait_s is None or busy.wait_s > patience_s:
                    raise BackendUnavailable(str(busy)) from busy
                await asyncio.sleep(busy.wait_s)
            else:
                return

    async def _once(self, body: dict[str, Any]) -> AsyncGenerator[str, None]:
        try:
            async with self._client.stream("POST", "chat/completions", json=body) as response:
                if response.status_code != httpx.codes.OK:
                    raise await self._refusal(response)
                async with aclosing(_pieces(response)) as pieces:
                    async for piece in pieces:
                        yield piece
        except httpx.HTTPError as error:
            raise BackendUnavailable(f"{self._host}: {type(error).__name__}") from error
        except RuntimeError as error:  # httpx: the client has been closed
            raise BackendUnavailable(f"{self.name} is closed") from error

    async def _refusal(self, response: httpx.Response) -> ModelError:
        status = response.status_code
        if status in {401, 403}:
            hint = f"set {self._key_env}" if "Authorization" not in self._client.headers else f"check {self._key_env}"
            return ModelError(f"{self._host} refuses the API key ({status}): {hint}")
        if status in {429, 503}:
            return _BusyError(f"{self._host} is busy ({status})", response.headers.get("Retry-After"))
        if status >= 500:
            return BackendUnavailable(f"{self._host} failed ({status})")
        return ModelError(f"{self._host} refuses the request ({status}): {await _message(response)}")

    def _request(self, turns: Sequence[ChatTurn], options: GenerationOptions) -> dict[str, Any]:
        request: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in turns],
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "stream": True,
        }
        if options.seed is not None:
            request["seed"] = options.seed
        if options.stop:
            request["stop"] = list(options.stop)
        if options.grammar is not None:
            request |= STRUCTURED[self._structured](options.grammar)
        return request


class _BusyError(BackendUnavailable):
    """The server asks to be left alone for a while."""

    def __init__(self, message: str, retry_after: str | None) -> None:
        self.wait_s = float(retry_after) if retry_after and retry_after.strip().isdecimal() else None
        super().__init__(message + (f"; retry after {self.wait_s:.0f} s" if self.wait_s is not None else ""))


def _checked(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url.rstrip("/") + "/")
    except httpx.InvalidURL as error:
        raise ModelError("base_url: not an address; allowed: http://host:port/v1") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise ModelError("base_url: not an http address; allowed: http://host:port/v1")
    if url.userinfo:
        raise ModelError("base_url: holds a user or password; allowed: an address without, the key in the environment")
    return url


async def _pieces(response: httpx.Response) -> AsyncGenerator[str, None]:
    """The text of each event (WHATWG HTML, section 9.2, as far as this API uses it) until its end mark.

    Raises:
        BackendUnavailable: the stream ends without its end mark, or is not what it should be.
    """
    finished = False
    async with aclosing(_lines(response)) as lines:
        async for line in lines:
            if not line.startswith("data:"):
                continue  # a comment that keeps the connection alive, or another field
            data = line.removeprefix("data:").strip()
            if data == "[DONE]":
                return
            text, reason = _parsed(data)
            finished = finished or reason is not None
            if text:
                yield text
    if not finished:
        raise BackendUnavailable("the server broke off in the middle of an answer")


async def _lines(response: httpx.Response) -> AsyncGenerator[str, None]:
    rest = ""
    async for text in response.aiter_text():
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield line
        if len(rest) > MAX_LINE:
            raise BackendUnavailable("the server sent an event that is too long")
    if rest:
        yield rest


def _parsed(data: str) -> tuple[str, str | None]:
    """The text of one event and, in the last one, why the answer ends."""
    try:
        event = json.loads(data)
        if "error" in event:
            raise BackendUnavailable("the server reports an error in the middle of an answer")
        choice = event["choices"][0] if event["choices"] else {}
        text, reason = choice.get("delta", {}).get("content"), choice.get("finish_reason")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise BackendUnavailable("the server sent an event that is no chat completion") from error
    return (text if isinstance(text, str) else ""), reason


async def _message(response: httpx.Response) -> str:
    """What the server says is wrong, shortened to one line."""
    body = ""
    async for text in response.aiter_text():
        body += text
        if len(body) > 4_000:
            break
    try:
        message = json.loads(body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = body
    return " ".join(str(message).split())[:200] or "no reason given"
