"""Blocks that models are made of, one idea per file."""

from __future__ import annotations

from mlp_train.torch.layers.embedding import EmbeddingTables
from mlp_train.torch.layers.fm import factorization_machine
from mlp_train.torch.layers.mlp import Mlp
from mlp_train.torch.layers.standardise import Standardise

__all__ = ["EmbeddingTables", "Mlp", "Standardise", "factorization_machine"]
