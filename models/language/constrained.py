"""Grammars in the continuous batch of transformers: before a token is drawn, what its grammar forbids is ruled out.

Each request's automaton is llguidance's (Microsoft; MIT): a regular expression over the whole answer becomes, token by
token, a mask over the vocabulary. The batch shares one logits processor: it keeps the automata by request.
"""

from __future__ import annotations

from typing import Any

import llguidance
import llguidance.hf
import numpy as np
import torch
from llguidance.torch import allocate_token_bitmask, fill_next_token_bitmask
from transformers.generation.continuous_batching.cb_logits_processors import ContinuousBatchingLogitsProcessor

from models.base import Grammar
from models.errors import ModelError


class GrammarMasks(ContinuousBatchingLogitsProcessor):  # type: ignore[misc]
    """The first processor of the batch: sampling then chooses among what is left.

    `begin` and `end` may be called from any thread; the rest is called by the batch, a step at a time.
    """

    supported_kwargs: dict[str, type] = {}
    ignored_kwargs: tuple[str, ...] = ()

    def __init__(self, tokenizer: Any, vocabulary: int, ends: list[int]) -> None:
        """Prepare the vocabulary; takes a second for one of 150,000 tokens.

        Args:
            tokenizer: a fast tokenizer of transformers.
            vocabulary: how many scores the model gives, which may be more than there are tokens.
            ends: the tokens that end an answer.
        """
        self._size = max(vocabulary, len(tokenizer))  # a tokenizer may know tokens that the model has no score for
        self._tokens = llguidance.hf.from_tokenizer(tokenizer, n_vocab=self._size, eos_token=ends)
        self._vocabulary = vocabulary
        self._progress: dict[str, _Progress] = {}
        self._allowed = torch.ones((1, vocabulary), dtype=torch.bool)

    def begin(self, request: str, grammar: Grammar) -> None:
        """Hold the answer to a request to a grammar.

        Raises:
            ModelError: the regular expression is none.
        """
        matcher = llguidance.LLMatcher(self._tokens, llguidance.LLMatcher.grammar_from_regex(grammar.regex))
        if matcher.is_error():
            raise ModelError(f"grammar: {matcher.get_error()[:300]}")
        self._progress[request] = _Progress(matcher)

    def end(self, request: str) -> None:
        """Forget a request; nothing happens when it has no grammar."""
        self._progress.pop(request, None)

    def fill_defaults(self, int32_tensor: torch.Tensor) -> None:
        """There is no number to a request: the masks are kept here."""
        int32_tensor.fill_(0)

    def prepare_tensor_args(self, requests_with_new_token: list[Any]) -> torch.Tensor:
        """Work out the masks of the coming step, in the order of its requests."""
        rows = [self._row(request.state) for request in requests_with_new_token]
        self._allowed = torch.stack(rows) if rows else torch.ones((1, self._vocabulary), dtype=torch.bool)
        return torch.zeros(len(rows), dtype=torch.int32)

    def __call__(self, scores: torch.Tensor, tensor_arg: torch.Tensor) -> torch.Tensor:
        """Scores, shape [tokens, vocabulary], without what the grammars forbid; rows of padding stay as they are."""
        known = min(len(self._allowed), len(scores))
        forbidden = ~self._allowed[:known].to(scores.device)
        scores[:known] = scores[:known].masked_fill(forbidden, float("-inf"))
        return scores

    def _row(self, state: Any) -> torch.Tensor:
        progress = self._progress.get(state.request_id)
        if progress is None:
            return torch.ones(self._vocabulary, dtype=torch.bool)
        return progress.allowed(state.generated_tokens, self._size)[: self._vocabulary]


class _Progress:
    """One request's automaton, and how many of its tokens it has seen."""

    def __init__(self, matcher: llguidance.LLMatcher) -> None:
        self._matcher = matcher
        self._seen = 0

    def allowed(self, generated: list[int], vocabulary: int) -> torch.Tensor:
        """Which tokens may follow those generated so far; shape [vocabulary]."""
        if len(generated) < self._seen:  # the batch ran out of memory and began the request again
            self._matcher.reset()
            self._seen = 0
        for token in generated[self._seen :]:
            self._matcher.consume_token(token)
        self._seen = len(generated)
        bits = allocate_token_bitmask(1, vocabulary)
        fill_next_token_bitmask(self._matcher, bits, 0)
        unpacked = np.unpackbits(bits[0].numpy().view(np.uint8), bitorder="little")[:vocabulary]
        return torch.from_numpy(unpacked.astype(np.bool_))
