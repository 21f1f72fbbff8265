"""The sales loop: what viewers do, which sentence it goes back to, and which variant the next minutes are given to."""
