"""Serving on Triton: its Python environment, the server on this machine, the model repository, deploying, asking."""
