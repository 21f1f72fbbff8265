"""How briefs come in: forms, files, product exports and feeds; what an advertiser sees before anything is on air."""
