"""Making the avatar model: CG data, the autoencoder, the denoiser and its distillation."""
