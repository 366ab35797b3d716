"""The load test: many operations in flight at once, against Comprehend's rate limits."""
