"""What ends a run of the benchmarks before its time."""


class BenchError(Exception):
    """A measurement went otherwise than it must; each of its kinds says how."""
