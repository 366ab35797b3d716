"""Measures the provider beside its peers: `python -m bench`, or `make bench`."""
