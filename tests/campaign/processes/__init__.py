"""Functions in processes of their own, which end by the operating system's SIGKILL."""
