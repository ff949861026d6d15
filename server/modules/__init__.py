"""One folder a domain; each the same shape."""
