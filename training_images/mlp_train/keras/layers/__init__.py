"""Blocks that models are made of, one idea per file."""

from __future__ import annotations

from mlp_train.keras.layers.activations import ACTIVATIONS, Dice
from mlp_train.keras.layers.attention_pooling import AttentionPooling, masked_softmax
from mlp_train.keras.layers.bilinear import Bilinear
from mlp_train.keras.layers.calibration import Calibration
from mlp_train.keras.layers.cin import Cin
from mlp_train.keras.layers.combine import Columns, flat, join
from mlp_train.keras.layers.cross import CrossNetwork
from mlp_train.keras.layers.evolution import Evolution
from mlp_train.keras.layers.experts import Experts, Gate
from mlp_train.keras.layers.fm import factorization_machine
from mlp_train.keras.layers.mlp import Mlp, linear
from mlp_train.keras.layers.numbers import NumberVectors
from mlp_train.keras.layers.self_attention import SelfAttention
from mlp_train.keras.layers.senet import SeNet
from mlp_train.keras.layers.standardise import Standardise
from mlp_train.keras.layers.wide import Wide

__all__ = [
    "ACTIVATIONS",
    "AttentionPooling",
    "Bilinear",
    "Calibration",
    "Cin",
    "Columns",
    "CrossNetwork",
    "Dice",
    "Evolution",
    "Experts",
    "Gate",
    "Mlp",
    "NumberVectors",
    "SeNet",
    "SelfAttention",
    "Standardise",
    "Wide",
    "factorization_machine",
    "flat",
    "join",
    "linear",
    "masked_softmax",
]
