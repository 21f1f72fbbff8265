"""Text to speech: normalisation, phonemizers, Kokoro, visemes. Light to import: no model is loaded here."""
