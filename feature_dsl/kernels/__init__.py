"""The operations' kernels, one file per family; README.md says how to write one."""
