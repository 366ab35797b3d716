"""The orphan scan on the embedded AWS: endpoints of every classification, and the scan's report."""
