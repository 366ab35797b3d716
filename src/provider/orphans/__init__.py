"""The orphan scan: who has which endpoint, what it costs, what to do about it."""
