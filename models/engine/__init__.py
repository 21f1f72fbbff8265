"""The render engine of one device: a pure scheduler, and what executes its batches. Import it from `models.runtime`."""
