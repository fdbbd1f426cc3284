"""The demo: real data into a local warehouse, the main job for some dates, and a summary a person can read."""
