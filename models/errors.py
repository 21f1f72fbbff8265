"""What a backend may raise.

ModelError
├── BackendUnavailable   retry may help: a server is down, a file is being fetched
├── GenerationTimeout    retry may help: the deadline passed; what was yielded so far stands
├── UnsupportedLanguage  retry cannot help: no phonemizer or voice for that language
├── BadIdentity          retry cannot help: an avatar attribute is unknown or out of range
├── FootageRefused       retry cannot help: nobody has vouched for a recording of a person
├── TrainingRefused      retry cannot help: training data shows a person who did not agree to it
├── UnknownBackend       retry cannot help: the registry has no such name
├── AdmissionRefused     retry may help: the device has no room for another show
├── DeviceLost           retry may help: the device stopped working; the engine opens it again
├── UnsuitablePipeline   retry cannot help: an image pipeline cannot do what a portrait needs
├── IdentityDrift        other seeds may help: no variant showed the same person as the master portrait
└── WeightsError         fetching or verifying weights failed
    ├── WeightsMissing   retry may help: no source could be reached
    └── WeightsCorrupt   retry may help: a hash did not match; the bad file is already deleted
"""

from __future__ import annotations


class ModelError(Exception):
    """Anything a backend reports. `retryable` says whether trying again can help."""

    retryable = False


class BackendUnavailable(ModelError):
    """The model or its server cannot be used right now."""

    retryable = True


class GenerationTimeout(ModelError):
    """The generation ran past its deadline."""

    retryable = True


class UnsupportedLanguage(ModelError):
    """No phonemizer or no voice for the language."""


class BadIdentity(ModelError):
    """An avatar attribute is unknown or out of range."""


class FootageRefused(ModelError):
    """Nobody has vouched for a recording: it may be of a person who agreed to nothing."""


class TrainingRefused(ModelError):
    """Training data shows a person whose licence does not allow training."""


class UnknownBackend(ModelError):
    """The registry knows no backend of that name."""


class UnsuitablePipeline(ModelError):
    """An image pipeline cannot do what a portrait needs; the message says what is allowed."""


class IdentityDrift(ModelError):
    """No variant showed the same person as the master portrait, or nobody could say whether it does."""

    retryable = True


class AdmissionRefused(ModelError):
    """One more show would not fit on the device; the message says what it needs and what there is."""

    retryable = True


class DeviceLost(ModelError):
    """The accelerator stopped working while rendering."""

    retryable = True


class WeightsError(ModelError):
    """Fetching or verifying weights failed."""


class WeightsMissing(WeightsError):
    """No source of the artifact could be reached."""

    retryable = True


class WeightsCorrupt(WeightsError):
    """The bytes do not match the manifest's SHA-256; the bad file was deleted."""

    retryable = True
