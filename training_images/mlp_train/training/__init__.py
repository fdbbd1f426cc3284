"""The training loop, whatever the framework: steps, selection, checkpoints, measures, warm starts, publishing."""
