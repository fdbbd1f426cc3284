from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from mlp_core.specs import Resources, SpecError, TrainingSpec, preset_params, presets, validate
from mlp_core.specs.decoding import convert
from mlp_core.specs.presets import CommonParams, DeepFmParams
from mlp_core.specs.training import check_labels

DESIGN = """{"version": 1, "name": "ctr", "framework": "torch", "algorithm": "deepfm", "label": "label", "group": "user_id",
 "weight": null, "train": ["file:///a"], "validation": ["file:///b"], "test": [], "columns": null,
 "params": {"embedding_dim": 16, "hidden": [256, 128], "optimizer": "adagrad", "learning_rate": 0.05},
 "epochs": 2, "max_steps": null, "batch_size": 4096, "seed": 1,
 "output": "file:///c", "checkpoints": "file:///d", "warm_start": null}"""


def spec(**changes: Any) -> TrainingSpec:
    return msgspec.structs.replace(TrainingSpec.from_json(DESIGN), **changes)


def test_the_written_specification_is_read_and_written_again() -> None:
    read = TrainingSpec.from_json(DESIGN)
    validate(read)
    assert TrainingSpec.from_json(read.to_json()) == read
    assert set(msgspec.json.decode(DESIGN)) | {"script", "checkpoint_seconds"} == set(msgspec.json.decode(read.to_json()))
    params = preset_params(read)
    assert isinstance(params, DeepFmParams)
    assert params.hidden == (256, 128)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the training specification is not JSON"),
        (DESIGN.replace('"epochs"', '"epoch"'), "has no field 'epoch' .did you mean 'epochs'"),
        (DESIGN.replace('"epochs": 2', '"epochs": 0'), "epochs is 0, expected `int` >= 1"),
        (DESIGN.replace('["file:///a"]', "[]"), "train is .., expected `array` of length >= 1"),
        (DESIGN.replace('"framework": "torch"', '"framework": "caffe"'), "framework is 'caffe', invalid enum value"),
        (DESIGN.replace('"name": "ctr", ', ""), "missing required field `name`"),
    ],
)
def test_a_wrong_document_is_explained(text: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        TrainingSpec.from_json(text)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"algorithm": "deepfn"}, "unknown algorithm 'deepfn' .did you mean 'deepfm'..; give one of .*deepfm, .*lr"),
        ({"algorithm": None}, "either algorithm"),
        ({"script": "train.py"}, "either algorithm"),
        ({"label": ["click", "buy"]}, "takes 1 label"),
        ({"label": ["click", "click"]}, "each label column once"),
        ({"columns": ["uid", "label"]}, "'label' is a label or weight"),
        (
            {"params": {"embeding_dim": 8}},
            "params of algorithm 'deepfm' has no field 'embeding_dim' .did you mean 'embedding_dim'",
        ),
        ({"params": {"embedding_dim": 0}}, "embedding_dim is 0, expected `int` >= 1"),
        ({"params": {"hidden": [64, -1]}}, r"hidden\[1\] is -1"),
        ({"params": {"dropout": 1.5}}, "dropout is 1.5"),
        ({"params": {"optimizer": "rmsprop"}}, "optimizer is 'rmsprop'"),
        ({"params": {"label_weights": {"clack": 2}}}, "label_weights names 'clack', which is no label.*; label is label"),
        ({"params": {"growing": {"uid": {"evict": "random"}}}}, r"growing\[\.\.\.\]\.evict: invalid enum value 'random'"),
    ],
)
def test_a_wrong_choice_is_explained(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        validate(spec(**changes))


def test_a_preset_that_a_framework_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(presets, "deepfm", msgspec.structs.replace(presets["deepfm"], frameworks=("torch",)))
    with pytest.raises(SpecError, match="not there for framework 'tensorflow'; use torch"):
        validate(spec(framework="tensorflow"))


def test_a_class_or_a_script_needs_no_preset() -> None:
    validate(spec(algorithm="my_models.tower:Tower", params={"anything": 1}))
    validate(spec(algorithm=None, script="train.py"))


@pytest.mark.parametrize("name", sorted(presets))
def test_the_json_schema_of_a_preset_agrees_with_its_struct(name: str) -> None:
    schema = presets[name].schema
    jsonschema.Draft202012Validator.check_schema(schema)
    defaults = msgspec.json.decode(msgspec.json.encode(convert({}, presets[name].params, name)))
    jsonschema.validate(defaults, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"unknown": 1}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"learning_rate": -1}, schema)


def test_a_preset_has_a_model_on_each_of_its_frameworks() -> None:
    from mlp_train.keras.presets import MODELS as ON_TENSORFLOW
    from mlp_train.torch.presets import MODELS as ON_TORCH

    for framework, models in (("torch", ON_TORCH), ("tensorflow", ON_TENSORFLOW)):
        assert set(models) == {preset.name for preset in presets.values() if framework in preset.frameworks}


def test_the_page_of_presets_names_all_of_them_and_their_hyperparameters() -> None:
    page = (Path(__file__).parents[2] / "docs" / "presets.md").read_text("utf-8")
    names = {field.name for preset in presets.values() for field in msgspec.structs.fields(preset.params)}
    assert not [name for name in (*presets, *names) if f"`{name}`" not in page]


def test_several_labels_are_counted() -> None:
    esmm = presets["esmm"]
    with pytest.raises(SpecError, match=r"'esmm' takes 2 label column.s., not 1; give label a list of 2 names"):
        check_labels(esmm, ("click",))
    check_labels(esmm, ("click", "buy"))
    check_labels(presets["mmoe"], ("click", "buy", "like"))
    with pytest.raises(SpecError, match="'mmoe' takes 1 to 64 label"):
        check_labels(presets["mmoe"], tuple(f"label{n}" for n in range(65)))


def test_the_tables_optimizer_follows_the_dense_one() -> None:
    assert CommonParams(optimizer="adam").table_optimizer == "adam"
    assert CommonParams(optimizer="sgd").table_optimizer == "adagrad"
    assert CommonParams(optimizer="adam", embedding_optimizer="rowwise_adagrad").table_optimizer == "rowwise_adagrad"


def test_resources() -> None:
    resources = Resources(cpu=2.5, memory="1.5Gi")
    assert (resources.threads, resources.memory_bytes) == (2, 1610612736)
    assert Resources.from_json(resources.to_json()) == resources
    with pytest.raises(SpecError, match="memory is '4 GB'"):
        Resources.from_json('{"memory": "4 GB"}')


def test_specifications_import_no_framework() -> None:
    code = "import sys, mlp_core.specs; print([m for m in ('numpy', 'pyarrow', 'torch', 'numba') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
