"""Vectorised kernels over Arrow buffers. Numba is imported by the modules here that need it, at a plan's first run."""
