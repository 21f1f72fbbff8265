"""Hugging Face transformers with continuous batching: many shows share every step of one model on one GPU.

The same path runs on a CPU, slowly: llama.cpp is the backend for those.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
from collections.abc import AsyncGenerator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from models.base import ChatTurn, GenerationOptions
from models.errors import BackendUnavailable, ModelError
from models.language.streams import within

if TYPE_CHECKING:
    from transformers.generation import ContinuousBatchingManager

    from models.language.constrained import GrammarMasks

log = logging.getLogger(__name__)

ON_CPU = {"num_blocks": 64, "max_batch_tokens": 512}
"""Key-value cache (in blocks of 256 tokens) and tokens a step; on a GPU both follow from its free memory."""
MOST_LIKELY = 1e-6
"""A top_p that leaves one token: what temperature 0 means, which sampling cannot divide by."""


class TransformersModel:
    """A causal language model with a chat template. Sampling and grammar are of each request; the seed is not used.

    A grammar is held to while an answer is made (`models.language.constrained`). Only an answer that `max_tokens` cut
    off can be no whole sentence of it.

    The model is loaded at the first use, or by `load`, in a thread of its own.
    """

    def __init__(
        self,
        model: str,
        *,
        device: str | None = None,
        dtype: str = "auto",
        attention: str = "sdpa",
        memory: float = 0.5,
    ) -> None:
        """Name the model; nothing is loaded yet.

        Args:
            model: a folder, or a name on the hub.
            device: "cuda", "cuda:1", "cpu"; by default the first GPU if there is one.
            dtype: torch's name of the number format, or "auto" for the one it was saved in.
            attention: transformers' name of the attention kernel ("sdpa", "flash_attention_2").
            memory: the part of the GPU's free memory that the key-value cache may take; avatars need the rest.
        """
        self.name = f"transformers:{model}"
        self._model = model
        self._device = device
        self._dtype = dtype
        self._attention = attention
        self._memory = memory
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="transformers-load")
        self._loading: Future[_Loaded] | None = None
        self._ids = itertools.count()
        self._closed = False

    async def load(self) -> None:
        """Load the model now rather than at the first use.

        Raises:
            BackendUnavailable: it cannot be had or loaded, or this object is closed.
        """
        await self._ready()

    def stream(self, turns: Sequence[ChatTurn], options: GenerationOptions) -> AsyncGenerator[str, None]:
        """Yield pieces of text as they are made; see `models.base.LanguageModel`.

        Raises:
            GenerationTimeout: `timeout_s` passed; it counts loading too, which goes on.
            BackendUnavailable: the model cannot be loaded, or failed.
            ModelError: the prompt is longer than the model's context, or the grammar is wrong.
        """
        return within(self._stream(turns, options), options.timeout_s)

    async def aclose(self) -> None:
        """Cancel what is running and free the model. Idempotent."""
        self._closed = True
        await asyncio.to_thread(self._close)

    async def _stream(self, turns: Sequence[ChatTurn], options: GenerationOptions) -> AsyncGenerator[str, None]:
        loaded = await self._ready()
        prompt = await asyncio.to_thread(loaded.prompt, turns, options.max_tokens)
        outputs: asyncio.Queue[Any] = asyncio.Queue()
        request = f"stream-{next(self._ids)}"
        text = TokenText(loaded.tokenizer, options.stop)
        try:
            if options.grammar is not None:
                await asyncio.to_thread(loaded.masks.begin, request, options.grammar)
            loaded.submit(request, prompt, options, outputs)
            while not text.ended:
                output = await outputs.get()
                if output.error:
                    raise BackendUnavailable(f"{self.name}: {output.error}")
                if piece := text.add(output.generated_tokens, last=output.is_finished()):
                    yield piece
        finally:
            loaded.cancel(request)

    async def _ready(self) -> _Loaded:
        if self._closed:
            raise BackendUnavailable(f"{self.name} is closed")
        if self._loading is None or (self._loading.done() and self._loading.exception()):
            self._loading = self._loader.submit(self._load)
        return await asyncio.shield(asyncio.wrap_future(self._loading))

    def _load(self) -> _Loaded:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
        from transformers.generation import ContinuousBatchingConfig

        from models.language.constrained import GrammarMasks

        device = self._device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            tokenizer = AutoTokenizer.from_pretrained(self._model)
            model = AutoModelForCausalLM.from_pretrained(
                self._model, dtype=self._dtype, attn_implementation=self._attention
            ).to(device)
        except (OSError, ValueError, RuntimeError, ImportError) as error:
            reason = " ".join(str(error).split())[:300]
            raise BackendUnavailable(f"{self.name}: cannot be loaded on {device}: {reason}") from error
        # Neutral values would leave the samplers out, and then no request could set its own.
        ends = _ends(model, tokenizer)
        sampling = GenerationConfig(do_sample=True, temperature=0.7, top_p=0.9, eos_token_id=ends, max_new_tokens=512)
        batching = ContinuousBatchingConfig(
            per_request_processors=True,
            auto_switch_to_flash=False,  # it would look for kernels on the hub
            use_async_batching=False,  # a mask needs the token before it
            use_cuda_graph=False,  # a graph would replay the mask it was captured with
            **(ON_CPU if device == "cpu" else {"max_memory_percent": self._memory}),
        )
        manager = model.init_continuous_batching(sampling, batching)
        masks = GrammarMasks(tokenizer, model.config.get_text_config().vocab_size, ends)
        processors = manager.logit_processor
        processors.logits_processor.insert(0, masks)  # before the samplers, which choose among what is left
        processors.tensors_required += 1
        # Its thread inherits being a daemon from ours: else a process that forgets `aclose` would never end.
        starter = threading.Thread(target=manager.start, daemon=True)
        starter.start()
        starter.join()
        log.info("loaded %s on %s", self.name, device)
        return _Loaded(tokenizer, manager, masks, model.config.get_text_config().max_position_embeddings)

    def _close(self) -> None:
        self._loader.shutdown(wait=True, cancel_futures=True)
        loading, self._loading = self._loading, None
        if loading and not loading.cancelled() and not loading.exception():
            loading.result().manager.stop(hard_stop=True)


class _Loaded:
    """The tokenizer and the running batch."""

    def __init__(self, tokenizer: Any, manager: ContinuousBatchingManager, masks: GrammarMasks, context: int) -> None:
        self.tokenizer = tokenizer
        self.manager = manager
        self.masks = masks
        self._context = context

    def prompt(self, turns: Sequence[ChatTurn], max_tokens: int) -> list[int]:
        """The token ids of a chat, ready to be answered.

        Raises:
            ModelError: prompt and answer do not fit the context.
        """
        messages = [{"role": turn.role, "content": turn.content} for turn in turns]
        ids: list[int] = self.tokenizer.apply_chat_template(messages, add_generation_prompt=True)["input_ids"]
        if len(ids) + max_tokens > self._context:
            raise ModelError(
                f"a prompt of {len(ids)} tokens and {max_tokens} more exceed the context ({self._context})"
            )
        return ids

    def submit(self, request: str, prompt: list[int], options: GenerationOptions, outputs: asyncio.Queue[Any]) -> None:
        """Queue a request; its outputs arrive on the running loop.

        Raises:
            BackendUnavailable: the batch has stopped.
        """
        self._drop_strays()
        self.manager.register_result_handler(request, outputs.put_nowait)
        added = self.manager.add_request(
            prompt,
            request_id=request,
            max_new_tokens=options.max_tokens,
            streaming=True,
            temperature=options.temperature or 1.0,
            top_p=options.top_p if options.temperature else MOST_LIKELY,
        )
        if added is None:
            raise BackendUnavailable("the batch has stopped")

    def cancel(self, request: str) -> None:
        """Take a request out of the batch before the next step; nothing happens when it has ended."""
        self.manager.cancel_request(request)
        self.masks.end(request)
        router = self.manager.output_router
        with router._lock:
            router.result_handlers.pop(request, None)

    def _drop_strays(self) -> None:
        """Outputs made between a cancellation and the next step have no handler and would pile up for days."""
        strays = self.manager.output_router.output_queue
        while True:
            try:
                strays.get_nowait()
            except queue.Empty:
                return


class TokenText:
    """Turns a growing list of tokens into pieces of text: whole characters only, and nothing from a stop string on."""

    def __init__(self, tokenizer: Any, stop: Sequence[str]) -> None:
        self._tokenizer = tokenizer
        self._stop = tuple(stop)
        self._given = 0
        self.ended = False
        """Whether the answer is over: the last token came, or a stop string."""

    def add(self, tokens: Sequence[int], *, last: bool) -> str:
        """The text that `tokens`, all so far, add to what was given before."""
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        found = [at for at in (text.find(stop) for stop in self._stop) if at >= 0]
        if found:
            safe, self.ended = min(found), True
        else:
            safe, self.ended = (len(text) if last else len(text) - self._unsure(text)), last
        piece, self._given = text[self._given : safe], max(self._given, safe)
        return piece

    def _unsure(self, text: str) -> int:
        """How many characters at the end may still change: an unfinished UTF-8 sequence, the start of a stop string."""
        halves = len(text) - len(text.rstrip("\N{REPLACEMENT CHARACTER}"))
        starts = [n for stop in self._stop for n in range(1, len(stop)) if text.endswith(stop[:n])]
        return max([halves, *starts])


def _ends(model: Any, tokenizer: Any) -> list[int]:
    """Every token that ends an answer: the model may name several, the tokenizer one more."""
    named = model.generation_config.eos_token_id
    ends = {*(named if isinstance(named, list) else [named]), tokenizer.eos_token_id} - {None}
    return sorted(ends) or [-1]
