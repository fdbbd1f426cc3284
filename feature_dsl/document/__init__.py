"""Feature files: YAML with the place of every value, and the entries in it."""
