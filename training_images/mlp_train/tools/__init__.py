"""The commands of `python -m mlp_train`, one file each: `arguments` describes its options, `run` does it."""
