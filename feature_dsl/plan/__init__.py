"""From syntax trees to a typed plan: nodes, the builder that types, folds and shares them, and their JSON."""
