"""Pure decisions: no AWS call, no clock, no randomness."""
