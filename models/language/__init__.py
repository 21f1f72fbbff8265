"""Language backends: llama.cpp in process, transformers on a GPU, any OpenAI-compatible server."""
