"""The demo: an endpoint's life on the embedded AWS, watched live and checked step by step."""
