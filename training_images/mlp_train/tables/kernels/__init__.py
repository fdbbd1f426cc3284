"""Compiled code of the embedding tables: plain loops over addresses, without the GIL."""
