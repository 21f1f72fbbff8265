"""What advertisers learn besides sales: where their brand is named and seen, and what viewers come for."""
