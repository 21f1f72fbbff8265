"""Lip-sync compatible with MuseTalk 1.5: one step of latent inpainting over a persona's own frames."""
