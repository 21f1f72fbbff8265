"""llama.cpp inside this process, through xllamacpp: GGUF weights on any CPU, several answers in one batch."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.base import ChatTurn, GenerationOptions
from models.errors import BackendUnavailable, ModelError
from models.language.streams import Pipe, from_worker, within
from models.weights import WeightStore

if TYPE_CHECKING:
    import xllamacpp

log = logging.getLogger(__name__)

BATCH = 64
"""Prompt tokens computed at a time. A stream can be cancelled between two batches, and a running answer goes on between
them; on 2 cores 64 read a prompt as fast as 512 did (69 tokens/s)."""
ERRORS_ONLY = 1
"""llama.cpp's log verbosity."""


class LlamaCppModel:
    """A GGUF model on llama.cpp with continuous batching (`parallel` answers share every step).

    Prompts that begin alike share the work of reading them: put what does not change first. The weights are fetched and
    loaded at the first use, or by `load`, in a thread of their own.
    """

    def __init__(
        self,
        weights: str = "qwen2.5-coder-1.5b-q4",
        *,
        context: int = 4096,
        threads: int | None = None,
        parallel: int = 2,
        nice: int = 5,
        store: WeightStore | None = None,
    ) -> None:
        """Name the model; nothing is loaded yet.

        Args:
            weights: an artifact of the weight store, or the path of a GGUF file.
            context: tokens of prompt and answer together, for each of the parallel answers.
            threads: compute threads; by default every core this process may use.
            parallel: answers made at the same time; more wait.
            nice: how far (0..19) the threads stand back behind the frame loop, as in nice(1).
            store: where weights come from; by default the user's cache.
        """
        self.name = f"llama-cpp:{Path(weights).stem if weights.endswith('.gguf') else weights}"
        self._weights = weights
        self._context = context
        self._threads = threads or _cores()
        self._parallel = parallel
        self._nice = nice
        self._store = store
        self._server: xllamacpp.Server | None = None
        self._loading: Future[xllamacpp.Server] | None = None
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="llama-load")
        self._workers = ThreadPoolExecutor(parallel, thread_name_prefix="llama")
        self._closed = False

    async def load(self) -> None:
        """Fetch and load the weights now rather than at the first use.

        Raises:
            BackendUnavailable: they cannot be had or loaded, or the model is closed.
        """
        await self._ready()

    def stream(self, turns: Sequence[ChatTurn], options: GenerationOptions) -> AsyncGenerator[str, None]:
        """Yield pieces of text as they are made; see `models.base.LanguageModel`.

        The timeout counts loading too, which goes on after it passed. While the prompt is still being read, closing
        takes effect after the batch at hand.

        Raises:
            GenerationTimeout: `timeout_s` passed.
            BackendUnavailable: the weights cannot be had or loaded, or the model is closed.
            ModelError: the prompt is longer than the context, or the grammar is wrong.
        """
        return within(self._stream(_request(turns, options)), options.timeout_s)

    async def aclose(self) -> None:
        """Cancel what is running, wait for it, and free the model. Idempotent."""
        self._closed = True
        await asyncio.to_thread(self._close)

    async def _stream(self, request: dict[str, Any]) -> AsyncGenerator[str, None]:
        server = await self._ready()
        async with aclosing(from_worker(self._workers, lambda pipe: self._generate(server, request, pipe))) as pieces:
            async for piece in pieces:
                yield piece

    def _generate(self, server: xllamacpp.Server, request: dict[str, Any], pipe: Pipe) -> None:
        failed: list[ModelError] = []

        def on_chunk(chunk: dict[str, Any]) -> bool:
            if "error" in chunk:
                failed.append(_error(chunk["error"]))
            elif text := _text(chunk):
                pipe.send(text)
            return pipe.closed or self._closed  # true cancels

        server.handle_chat_completions(request, on_chunk)
        if failed:
            raise failed[0]
        if self._closed:
            raise BackendUnavailable(f"{self.name} was closed")

    async def _ready(self) -> xllamacpp.Server:
        if self._closed:
            raise BackendUnavailable(f"{self.name} is closed")
        if self._loading is None or (self._loading.done() and self._loading.exception()):
            self._loading = self._loader.submit(self._load)
        # Shielded: a caller that gives up must not keep the next one from finding the model loaded.
        return await asyncio.shield(asyncio.wrap_future(self._loading))

    def _load(self) -> xllamacpp.Server:
        import xllamacpp

        path = self._path()
        if sys.platform == "linux":
            # There a nice value belongs to a thread, not a process, and the server's threads inherit this one's.
            os.setpriority(os.PRIO_PROCESS, 0, max(self._nice, os.getpriority(os.PRIO_PROCESS, 0)))
        try:
            self._server = xllamacpp.Server(self._parameters(path))
        except (RuntimeError, ValueError, OSError) as error:
            raise BackendUnavailable(f"{self.name}: llama.cpp cannot load {path}: {error}") from error
        log.info("loaded %s", self.name)
        return self._server

    def _path(self) -> Path:
        if self._weights.endswith(".gguf"):
            path = Path(self._weights).expanduser()
            if not path.is_file():
                raise BackendUnavailable(f"{self.name}: there is no file {path}")
            return path
        try:
            return (self._store or WeightStore()).path(self._weights)
        except ModelError as error:
            raise BackendUnavailable(str(error)) from error

    def _parameters(self, path: Path) -> xllamacpp.CommonParams:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_parallel = self._parallel
        params.n_ctx = self._context * self._parallel
        params.n_batch = params.n_ubatch = BATCH
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        params.cache_ram_mib = 0  # the slots keep the prompts; a second copy would cost memory for nothing
        params.verbosity = ERRORS_ONLY
        # The library also listens on a loopback port, which we do not use: a secret nobody has keeps it shut.
        params.api_keys = [secrets.token_urlsafe(32)]
        params.ui = False
        params.endpoint_slots = False
        return params

    def _close(self) -> None:
        self._loader.shutdown(wait=True, cancel_futures=True)
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._server = self._loading = None  # the destructor waits for the server's main loop


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _request(turns: Sequence[ChatTurn], options: GenerationOptions) -> dict[str, Any]:
    request: dict[str, Any] = {
        "messages": [{"role": turn.role, "content": turn.content} for turn in turns],
        "max_tokens": options.max_tokens,
        "temperature": options.temperature,
        "top_p": options.top_p,
        "stop": list(options.stop),
        "stream": True,
        "cache_prompt": True,
        "return_progress": True,  # a callback after every batch of the prompt: a place to cancel
    }
    if options.seed is not None:
        request["seed"] = options.seed
    if options.grammar is not None:
        request["grammar"] = options.grammar.gbnf
    return request


def _text(chunk: dict[str, Any]) -> str:
    choices = chunk.get("choices")
    return (choices[0].get("delta", {}).get("content") or "") if choices else ""


def _error(error: dict[str, Any]) -> ModelError:
    message = f"llama.cpp: {error.get('message', error)}"
    wrong_request = 400 <= int(error.get("code", 500)) < 500
    return ModelError(message) if wrong_request else BackendUnavailable(message)
