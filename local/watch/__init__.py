"""The watchman on the embedded AWS: endpoints of every standing, and what he says of them."""
