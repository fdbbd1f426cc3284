"""Configured kinds of features: each lowers an entry of a feature file to a script of public operations."""
