"""The loop: one operation from its event to its end, its state, and what it needs from outside."""
