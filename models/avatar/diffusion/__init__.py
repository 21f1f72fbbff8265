"""The diffusion avatar: a posed face model rasterised to a guide, a latent diffusion model that paints it."""
