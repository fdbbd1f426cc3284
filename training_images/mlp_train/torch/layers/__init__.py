"""Blocks that models are made of, one idea per file."""

from __future__ import annotations

from mlp_train.torch.layers.activations import Dice, PRelu
from mlp_train.torch.layers.bilinear import Bilinear
from mlp_train.torch.layers.cin import CompressedInteraction
from mlp_train.torch.layers.concatenation import flat
from mlp_train.torch.layers.cross import CrossNetwork
from mlp_train.torch.layers.evolution import GatedRecurrence, InterestEvolution
from mlp_train.torch.layers.experts import Experts, Gate
from mlp_train.torch.layers.extraction import Extraction
from mlp_train.torch.layers.first_order import FirstOrder, first_order_deviation
from mlp_train.torch.layers.fm import factorization_machine
from mlp_train.torch.layers.frequency import BatchFrequency, identity
from mlp_train.torch.layers.mlp import Mlp
from mlp_train.torch.layers.next_item import next_item_loss
from mlp_train.torch.layers.numbers import NumberVectors
from mlp_train.torch.layers.self_attention import SelfAttention
from mlp_train.torch.layers.senet import SeNet
from mlp_train.torch.layers.standardise import Standardise
from mlp_train.torch.layers.target_attention import TargetAttention, masked_softmax

__all__ = [
    "BatchFrequency",
    "Bilinear",
    "CompressedInteraction",
    "CrossNetwork",
    "Dice",
    "Experts",
    "Extraction",
    "FirstOrder",
    "Gate",
    "GatedRecurrence",
    "InterestEvolution",
    "Mlp",
    "NumberVectors",
    "PRelu",
    "SeNet",
    "SelfAttention",
    "Standardise",
    "TargetAttention",
    "factorization_machine",
    "first_order_deviation",
    "flat",
    "identity",
    "masked_softmax",
    "next_item_loss",
]
