"""One training of a DeepFM with another library, in a process of its own: `python training_peers.py NAME TRAIN TEST CARDINALITY EPOCHS`.

Prints a JSON line: seconds of the library's `fit` and the AUC on the test rows. Peers read the same Parquet files into memory first.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from training_data import CATEGORICAL, DENSE

DIMENSION, HIDDEN, BATCH, THREADS, RATE = 16, (256, 128), 4096, 2, 1e-3


@dataclass(frozen=True)
class Rows:
    """Columns by name, and labels."""

    columns: dict[str, Any]
    labels: Any

    @classmethod
    def read(cls, path: str) -> Rows:
        table = pq.read_table(path)
        return cls({name: table[name].to_numpy() for name in (*CATEGORICAL, *DENSE)}, table["label"].to_numpy().astype(np.float32))


Peer = Callable[[Rows, Rows, int, int], tuple[float, Any]]


def deepctr(train: Rows, test: Rows, cardinality: int, epochs: int) -> tuple[float, Any]:
    """deepctr-torch: Weichen Shen et al."""
    from deepctr_torch.inputs import DenseFeat, SparseFeat
    from deepctr_torch.models import DeepFM

    columns = [SparseFeat(name, cardinality, DIMENSION) for name in CATEGORICAL] + [DenseFeat(name, 1) for name in DENSE]
    model = DeepFM(columns, columns, dnn_hidden_units=HIDDEN, l2_reg_linear=0, l2_reg_embedding=0, device="cpu")
    model.compile("adam", "binary_crossentropy")
    started = time.monotonic()
    model.fit(train.columns, train.labels, batch_size=BATCH, epochs=epochs, verbose=0)
    return time.monotonic() - started, model.predict(test.columns, BATCH)[:, 0]


def rechub(train: Rows, test: Rows, cardinality: int, epochs: int) -> tuple[float, Any]:
    """torch-rechub: Datawhale."""
    from torch_rechub.basic.features import DenseFeature, SparseFeature
    from torch_rechub.models.ranking import DeepFM
    from torch_rechub.trainers import CTRTrainer
    from torch_rechub.utils.data import DataGenerator

    sparse = [SparseFeature(name, vocab_size=cardinality, embed_dim=DIMENSION) for name in CATEGORICAL]
    model = DeepFM([*sparse, *(DenseFeature(name) for name in DENSE)], sparse, {"dims": list(HIDDEN), "dropout": 0.0})
    loader, _, _ = DataGenerator(train.columns, train.labels).generate_dataloader(
        x_val=test.columns, y_val=test.labels, x_test=test.columns, y_test=test.labels, batch_size=BATCH
    )
    _, _, scored = DataGenerator(test.columns, test.labels).generate_dataloader(
        x_val=test.columns, y_val=test.labels, x_test=test.columns, y_test=test.labels, batch_size=BATCH
    )
    trainer = CTRTrainer(model, optimizer_params={"lr": RATE, "weight_decay": 0.0}, n_epoch=epochs, device="cpu", model_path=sys.argv[6])
    started = time.monotonic()
    trainer.fit(loader)
    return time.monotonic() - started, np.array(trainer.predict(trainer.model, scored))


def fuxictr(train: Rows, test: Rows, cardinality: int, epochs: int) -> tuple[float, Any]:
    """FuxiCTR: Jieming Zhu et al. Its layers and its `fit`; the model is put together as its zoo's is."""
    from fuxictr.features import FeatureMap
    from fuxictr.pytorch.layers import FactorizationMachine, FeatureEmbedding, MLP_Block
    from fuxictr.pytorch.models import BaseModel
    from torch.utils.data import DataLoader, TensorDataset

    Path(sys.argv[6], "benchmark").mkdir(exist_ok=True)
    features = FeatureMap("benchmark", sys.argv[6])
    features.default_emb_dim = DIMENSION
    places = {}
    for place, name in enumerate((*CATEGORICAL, *DENSE)):
        sparse = name in CATEGORICAL
        features.features[name] = {"source": "", "type": "categorical" if sparse else "numeric", "vocab_size": cardinality}
        places[name] = place
    features.labels, features.num_fields = ["label"], len(features.features)
    features.column_index = {**places, "label": len(places)}

    class DeepFM(BaseModel):
        def __init__(self) -> None:
            super().__init__(features, model_id="DeepFM", gpu=-1, metrics=["AUC"], model_root=sys.argv[6], verbose=0)
            self.embedding_layer = FeatureEmbedding(features, DIMENSION)
            self.fm = FactorizationMachine(features)
            self.mlp = MLP_Block(features.sum_emb_out_dim(), output_dim=1, hidden_units=list(HIDDEN), hidden_activations="ReLU")
            self.compile("adam", "binary_crossentropy", RATE)
            self.reset_parameters()
            self.model_to_device()

        def forward(self, inputs: Any) -> dict[str, Any]:
            x = self.get_inputs(inputs)
            embedded = self.embedding_layer(x)
            return {"y_pred": torch.sigmoid(self.fm(x, embedded) + self.mlp(embedded.flatten(start_dim=1)))}

    def loader(rows: Rows, shuffle: bool, first: int | None = None) -> Any:
        matrix = np.column_stack([*(rows.columns[name] for name in (*CATEGORICAL, *DENSE)), rows.labels])[:first].astype(np.float64)
        names = [*CATEGORICAL, *DENSE, "label"]

        class Columns:
            def __init__(self) -> None:
                self._loader = DataLoader(TensorDataset(torch.from_numpy(matrix)), batch_size=BATCH, shuffle=shuffle)

            def __len__(self) -> int:
                return len(self._loader)

            def __iter__(self) -> Any:
                for (batch,) in self._loader:
                    yield {name: batch[:, place] for place, name in enumerate(names)}

        return Columns()

    model = DeepFM()
    started = time.monotonic()
    # It measures after each epoch, whether one wants it or not: one batch costs next to nothing.
    model.fit(loader(train, True), epochs=epochs, validation_data=loader(test, False, BATCH))
    seconds = time.monotonic() - started
    model.eval()
    with torch.no_grad():
        return seconds, np.concatenate([model(batch)["y_pred"].numpy()[:, 0] for batch in loader(test, False)])


PEERS: dict[str, Peer] = {"deepctr-torch": deepctr, "torch-rechub": rechub, "fuxictr": fuxictr}


def main() -> None:
    """Train one peer."""
    logging.disable(logging.INFO)
    torch.set_num_threads(THREADS)
    torch.manual_seed(1)
    name, train, test, cardinality, epochs = sys.argv[1:6]
    tested = Rows.read(test)
    seconds, scores = PEERS[name](Rows.read(train), tested, int(cardinality), int(epochs))
    from sklearn.metrics import roc_auc_score

    print(json.dumps({"seconds": seconds, "auc": float(roc_auc_score(tested.labels, scores))}))


if __name__ == "__main__":
    main()
