"""Regular expressions that take linear time: their syntax, and the automaton that kernels walk."""
