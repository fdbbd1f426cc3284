"""The serving library that images carry: bundles behind Triton's Python backend. Imports no training framework."""
