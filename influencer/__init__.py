"""What is said, by whom, to which market, and what it sold."""
