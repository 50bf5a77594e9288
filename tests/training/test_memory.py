from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutelage.errors import DoesNotFit, InputError
from tutelage.training.contracts import LoraSettings, TrainSettings
from tutelage.training.memory import Memory, Room, Shape, estimate, judge

SMOLLM2 = Shape(
    layers=30, hidden=576, intermediate=1536, vocabulary=49152, heads=9, key_value_heads=3, head_size=64, tied=True,
    parameters=134_515_008,
)  # fmt: skip
LLAMA_8B = Shape(
    layers=32, hidden=4096, intermediate=14336, vocabulary=128256, heads=32, key_value_heads=8, head_size=128,
    tied=False, parameters=8_030_261_248,
)  # fmt: skip
GB = 10**9


def cpu(free: int) -> Room:
    return Room(device="cpu", name="CPU", free=free, precision="float32")


def gpu(free: int) -> Room:
    return Room(device="cuda", name="H100", free=free, precision="bfloat16")


def settings(rows: int = 8, context: int = 512, **more: object) -> TrainSettings:
    return TrainSettings.model_validate({"batch_size": 8, "micro_batch": rows, "max_length": context, **more})


def test_the_parts_are_what_can_be_counted_by_hand() -> None:
    found = estimate(SMOLLM2, settings(rows=2, context=100), cpu(GB))
    assert found.weights == 4 * 134_515_008
    # Seven matrices a layer; peft counts 4,884,480 weights for rank 16 on this student.
    assert found.adapter == 16 * 4_884_480
    assert found.logits == 2 * 100 * 49152 * 12
    assert estimate(LLAMA_8B, settings(), gpu(GB)).weights == 2 * 8_030_261_248
    assert estimate(LLAMA_8B, settings(), gpu(GB)).process == 0


def test_four_bits_take_a_quarter_of_the_linear_layers_and_leave_the_embeddings() -> None:
    embedded = 2 * 128256 * 4096
    found = estimate(LLAMA_8B, settings(method="qlora"), gpu(GB))
    assert found.weights == pytest.approx(4 * embedded + (8_030_261_248 - embedded) * 0.516, rel=1e-3)


def test_a_pass_holds_both_answers_of_a_pair() -> None:
    one = estimate(SMOLLM2, settings(rows=2, context=100), cpu(GB))
    pair = estimate(SMOLLM2, settings(rows=2, context=100, preference={}), cpu(GB))
    assert (pair.logits, pair.activations) == (2 * one.logits, 2 * one.activations)
    assert (pair.weights, pair.adapter) == (one.weights, one.adapter), "no second model is held"
    line = judge(SMOLLM2, settings(rows=2, context=100, preference={}), cpu(20 * GB))
    assert "2 rows of 100 tokens, each with a rejected answer, a pass, float32" in line


def test_layers_below_the_first_adapter_keep_and_learn_nothing() -> None:
    whole = estimate(SMOLLM2, settings(), cpu(GB))
    upper = estimate(SMOLLM2, settings(lora=LoraSettings(first_layer=0.5)), cpu(GB))
    assert upper.adapter == whole.adapter / 2
    assert upper.activations == pytest.approx(whole.activations * 16 / 31)
    assert upper.weights == whole.weights


@given(rows=st.sampled_from([1, 2, 4, 8]), context=st.integers(16, 8192), packing=st.booleans())
def test_more_rows_or_longer_ones_never_take_less(rows: int, context: int, packing: bool) -> None:
    one = estimate(SMOLLM2, settings(rows, context, packing=packing), cpu(GB)).total
    assert estimate(SMOLLM2, settings(8, context, packing=packing), cpu(GB)).total >= one
    assert estimate(SMOLLM2, settings(rows, context + 1, packing=packing), cpu(GB)).total > one


@given(free=st.integers(1, 100 * GB), rows=st.sampled_from([1, 2, 4, 8]), context=st.integers(16, 4096))
def test_what_is_said_holds(free: int, rows: int, context: int) -> None:
    asked = settings(rows, context)
    fits = estimate(SMOLLM2, asked, cpu(free)).total <= free
    alone = estimate(SMOLLM2, settings(1, context), cpu(free)).total <= free
    if not alone:
        with pytest.raises(DoesNotFit):
            judge(SMOLLM2, asked, cpu(free))
        return
    assert ("That does not fit" in judge(SMOLLM2, asked, cpu(free))) == (not fits)


def test_what_fits_is_one_line_with_its_parts() -> None:
    assert judge(SMOLLM2, settings(rows=4, context=256), cpu(20 * GB)).startswith(
        "estimate: fine-tuning takes up to 4.2 GB of the 20.0 GB of free memory (process 0.5, weights 0.5, "
        "adapter 0.1, activations 1.4, logits 0.6, allocator 1.0): 4 rows of 256 tokens a pass, float32"
    )


def test_what_fits_with_fewer_rows_a_pass_says_with_how_many() -> None:
    line = judge(SMOLLM2, settings(rows=8, context=512), cpu(5 * GB))
    assert "of free memory" in line
    assert "That does not fit; with training.micro_batch=2 it would" in line


def test_what_cannot_fit_is_bad_input_and_says_what_would() -> None:
    with pytest.raises(DoesNotFit, match=r"one row of 4096 tokens .* set training.max_length=(\d+), or free") as caught:
        judge(SMOLLM2, settings(rows=1, context=4096), cpu(4 * GB))
    assert isinstance(caught.value, InputError)
    assert caught.value.exit_code == 2
    context = int(caught.value.line.partition("max_length=")[2].partition(",")[0])
    assert "That does not fit" not in judge(SMOLLM2, settings(rows=1, context=context), cpu(4 * GB))
    with pytest.raises(DoesNotFit):
        judge(SMOLLM2, settings(rows=1, context=context + 64), cpu(4 * GB))


def test_four_bits_are_proposed_on_a_gpu_that_they_fit_on() -> None:
    with pytest.raises(DoesNotFit, match=r"free on the H100; set training.method=qlora, or free"):
        judge(LLAMA_8B, settings(rows=1, context=512), gpu(15 * GB))


def test_weights_alone_that_do_not_fit_ask_for_a_smaller_student() -> None:
    with pytest.raises(DoesNotFit, match="take a smaller student"):
        judge(LLAMA_8B, settings(rows=1), cpu(10 * GB))


def test_processes_share_a_cpu_and_have_a_gpu_each() -> None:
    two = settings(rows=4, context=256, processes=2)
    assert judge(SMOLLM2, two, cpu(20 * GB)).startswith("estimate: fine-tuning takes up to 8.4 GB")
    assert "4 rows of 256 tokens a pass in each of 2 processes" in judge(SMOLLM2, two, cpu(20 * GB))
    one = estimate(SMOLLM2, settings(rows=4, context=256), gpu(20 * GB)).total
    assert f"{one / 1e9:.1f} GB of the 20.0 GB of free memory of the H100" in judge(SMOLLM2, two, gpu(20 * GB))


def test_a_total_is_the_sum_of_its_parts() -> None:
    assert Memory(process=1, weights=2, adapter=3, activations=4, logits=5, allocator=6).total == 21


def test_every_weight_learned_takes_sixteen_bytes_and_its_copy_in_half_precision() -> None:
    full = estimate(LLAMA_8B, settings(rows=4, method="full"), gpu(GB))
    assert full.adapter == 16 * 8_030_261_248
    assert full.weights == 2 * 8_030_261_248
    assert estimate(SMOLLM2, settings(method="full"), cpu(GB)).weights == 0


def test_gradients_of_one_pass_take_the_place_that_its_activations_leave() -> None:
    long = estimate(SMOLLM2, settings(rows=8, context=512, method="full"), cpu(GB))
    assert long.adapter == 12 * 134_515_008
    short = estimate(SMOLLM2, settings(rows=8, context=16, method="full"), cpu(GB))
    assert short.adapter + short.activations + short.logits == 16 * 134_515_008


def test_an_adapter_is_proposed_where_every_weight_does_not_fit() -> None:
    with pytest.raises(DoesNotFit, match=r"set training.method=lora, or free"):
        judge(LLAMA_8B, settings(rows=1, context=512, method="full"), gpu(40 * GB))
