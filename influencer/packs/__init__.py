"""Market packs and personas that operators edit: versions over the files of configs/, and one door to read them."""
