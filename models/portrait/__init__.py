"""Text to persona image: any diffusers pipeline, one master portrait, variants that must be the same person."""
