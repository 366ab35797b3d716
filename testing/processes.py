"""What a pool's processes have in common."""

import signal


def leave_interrupts() -> None:
    """Begins a process that the one which started it ends."""
    # Ctrl-C reaches all processes of a terminal; the first of them ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
