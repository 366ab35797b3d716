"""What prepares a release; nothing of it is installed."""
