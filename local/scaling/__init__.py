"""Application Auto Scaling in the embedded AWS: what MiniStack lacks of it."""
