"""Many creations in flight at once, by this provider and by its peers, in virtual time."""
