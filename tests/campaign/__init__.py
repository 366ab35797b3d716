"""The failure campaign: every operation, every failure that can be made, and what must hold."""
