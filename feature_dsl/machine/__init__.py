"""The machine that runs plans: compiled, without the GIL, block by block over Arrow's own buffers."""
