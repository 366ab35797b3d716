"""What a function's process takes to start, and to get through its first request."""
