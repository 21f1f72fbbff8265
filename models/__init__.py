"""What runs on tensors: language, speech and avatar backends behind small protocols."""
