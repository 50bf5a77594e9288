"""How much memory a fine-tuning round takes, estimated before anything is loaded. Pure: no torch, no files.

Everything is counted for the worst pass that the settings allow: ``micro_batch`` rows of ``max_length`` tokens, all of
them supervised, and with ``preference`` a rejected answer as long beside each. Shorter rows take less. How far it is
from what was measured: docs/training.md.
"""

from __future__ import annotations

from typing import Literal

from tutelage.errors import DoesNotFit
from tutelage.pedagogy.records import Record
from tutelage.training.contracts import TrainSettings

Computed = Literal["float32", "bfloat16", "float16"]

# float32 weight, its gradient and AdamW's two moments: Rajbhandari et al. 2020 (ZeRO), section 3.1.
_LEARNED_BYTES = 4 + 4 + 8
# NF4 with double quantisation: 4 bits and 0.127 of constants a weight, Dettmers et al. 2023 (QLoRA), section 3.
_FOUR_BITS = 4.127 / 8
# The log-probabilities of a supervised token, their gradient and that of the logits, all float32 in the loss.
_LOSS_BYTES = 3 * 4
# Resident memory of the child with torch, transformers and peft imported, measured on Linux. What a GPU's process
# takes of the GPU is taken already when it is asked what is free.
_PROCESS_BYTES = 540_000_000
# What glibc's allocator holds of pieces that were freed, as a share of what comes and goes in a step: measured on a
# CPU, where keeping it from that (MALLOC_MMAP_THRESHOLD_) cost 30 % of the speed.
_HELD = 0.5
# A context worth proposing is a multiple of this many tokens.
_CONTEXT_STEP = 64


class Shape(Record):
    """What the estimate needs to know of a student: its ``config.json``, and the parameters that its weights hold."""

    layers: int
    hidden: int
    intermediate: int
    vocabulary: int
    heads: int
    key_value_heads: int
    head_size: int
    tied: bool
    parameters: int


class Room(Record):
    """What the device has: ``free`` bytes, and the precision that it would compute in."""

    device: Literal["cpu", "cuda"]
    name: str
    free: int
    precision: Computed


class Memory(Record):
    """Bytes of one training process, by part.

    Attributes:
        process: The libraries, on a CPU.
        weights: The frozen base; where every weight is learned, the copies that are computed with.
        adapter: What is learned, its gradients and its optimiser.
        activations: What the backward pass needs of the forward pass.
        logits: The vocabulary's scores of the supervised tokens.
        allocator: What is freed and not given back, on a CPU.
    """

    process: int
    weights: int
    adapter: int
    activations: int
    logits: int
    allocator: int

    @property
    def total(self) -> int:
        """All parts."""
        parts: dict[str, int] = self.model_dump()
        return sum(parts.values())

    @property
    def parts(self) -> str:
        """The parts that are there, for a person."""
        sizes = self.model_dump()
        return ", ".join(f"{name} {size / 1e9:.1f}" for name, size in sizes.items() if size)


def estimate(shape: Shape, settings: TrainSettings, room: Room) -> Memory:
    """The memory of one training process."""
    half = room.precision != "float32"
    tokens = _rows(settings) * settings.max_length
    activations, logits = _activations(shape, settings, half=half), _LOSS_BYTES * tokens * shape.vocabulary
    on_cpu = room.device == "cpu"
    return Memory(
        process=_PROCESS_BYTES if on_cpu else 0,
        weights=_weights(shape, settings, half=half),
        adapter=_held(_learned(shape, settings), settings, activations + logits),
        activations=activations,
        logits=logits,
        allocator=round(_HELD * (activations + logits)) if on_cpu else 0,
    )


def frozen(shape: Shape, settings: TrainSettings, room: Room) -> int:
    """The memory of a model that only says its probabilities of what is learned: its weights, and those in float32."""
    tokens = settings.rows_per_pass * settings.max_length
    return shape.parameters * (4 if room.precision == "float32" else 2) + 2 * 4 * tokens * shape.vocabulary


def judge(shape: Shape, settings: TrainSettings, room: Room) -> str:
    """The estimate against what the device has, as one line for before the run.

    Raises:
        DoesNotFit: the settings allow rows that do not fit even one at a time; says what would fit.
    """
    found = _needed(shape, settings, room)
    where = "memory" if room.device == "cpu" else f"memory of the {room.name}"
    line = (
        f"estimate: fine-tuning takes up to {_gb(found.total)} of the {_gb(room.free)} of free {where} "
        f"({found.parts}): {_passes(settings, room)}"
    )
    if found.total <= room.free:
        return line
    fitting = _fitting(shape, settings, room)
    if fitting is None:
        raise _does_not_fit(shape, settings, room)
    return (
        f"{line}. That does not fit; with training.micro_batch={fitting.rows_per_pass} it would "
        f"({_gb(_needed(shape, fitting, room).total)}), and a round that runs out of memory goes on so"
    )


def _weights(shape: Shape, settings: TrainSettings, *, half: bool) -> int:
    """In the precision computed in; in QLoRA the linear layers in four bits, the rest in float32 (peft casts it).

    Where every weight is learned none is frozen, but autocast keeps a half-precision copy of each matrix for a pass.
    """
    if settings.method == "qlora":
        embedded = shape.vocabulary * shape.hidden * (1 if shape.tied else 2)
        return round(_FOUR_BITS * (shape.parameters - embedded)) + 4 * embedded
    if settings.method == "full":
        return 2 * shape.parameters if half else 0
    return shape.parameters * (2 if half else 4)


def _learned(shape: Shape, settings: TrainSettings) -> int:
    """All of them, or the adapter's: rank times a matrix's inputs and outputs (Hu et al. 2021, LoRA), for the seven.

    Those are query, key, value and output of the attention, and gate, up and down of the gated MLP (Shazeer 2020).
    """
    if settings.method == "full":
        return shape.parameters
    hidden, attended, kept = shape.hidden, _attended(shape), shape.key_value_heads * shape.head_size
    sides = 2 * (hidden + attended) + 2 * (hidden + kept) + 3 * (hidden + shape.intermediate)
    return settings.lora.r * sides * _learning_layers(shape, settings)


def _held(learned: int, settings: TrainSettings, passing: int) -> int:
    """Bytes of what is learned. Where every weight is, and in one pass, gradients come as ``passing`` bytes go."""
    if settings.method == "full" and settings.passes == 1:
        return (_LEARNED_BYTES - 4) * learned + max(4 * learned - passing, 0)
    return _LEARNED_BYTES * learned


def _activations(shape: Shape, settings: TrainSettings, *, half: bool) -> int:
    """What autograd keeps, counted matrix by matrix as in Korthikanti et al. 2022 (section 4), for our layers.

    A frozen matrix keeps nothing; its adapter keeps its input, as does a matrix that is learned. A layer keeps of
    each token: the inputs and outputs of two norms (4 hidden), query, key, value and output of the attention, keys and
    values repeated for every head (4 attended), gate, its activation, up and their product (4 intermediate), and the
    adapters' own (7 ranks). In half precision the norms' inputs stay float32 and every matrix keeps a copy of its
    input. The attention's mask is kept by every layer. Layers below the first adapter keep nothing; one layer more
    stands for what is in work.
    """
    hidden, attended, wide = shape.hidden, _attended(shape), shape.intermediate
    full = settings.method == "full"
    ranks = 0 if full else 7 * settings.lora.r
    inputs = 5 * hidden + attended + wide  # of the seven matrices
    if half:
        token = 8 * hidden + 2 * (inputs + 4 * attended + 3 * wide + ranks)
    else:
        token = 4 * (4 * hidden + 4 * attended + 4 * wide + ranks)
    if settings.lora.dropout and not full:
        token += 2 * inputs * (2 if half else 4)
    rows, context = _rows(settings), settings.max_length
    seen = (rows * context) ** 2 if settings.packing else rows * context**2
    return (token * rows * context + seen * (2 if half else 4)) * (_learning_layers(shape, settings) + 1)


def _rows(settings: TrainSettings) -> int:
    """Rows that a pass holds: a pair's answers go through it together."""
    return settings.rows_per_pass * (1 if settings.preference is None else 2)


def _attended(shape: Shape) -> int:
    return shape.heads * shape.head_size


def _learning_layers(shape: Shape, settings: TrainSettings) -> int:
    return shape.layers if settings.method == "full" else shape.layers - int(settings.lora.first_layer * shape.layers)


def _needed(shape: Shape, settings: TrainSettings, room: Room) -> Memory:
    """On one device: processes have a GPU each, and share a CPU's memory."""
    one = estimate(shape, settings, room)
    count = settings.processes if room.device == "cpu" else 1
    return Memory(**{name: count * size for name, size in one.model_dump().items()})


def _fitting(shape: Shape, settings: TrainSettings, room: Room) -> TrainSettings | None:
    """The largest smaller passes that fit, as a round would halve them; None where one row a pass does not."""
    smaller = settings.smaller_passes()
    while smaller is not None and _needed(shape, smaller, room).total > room.free:
        smaller = smaller.smaller_passes()
    return smaller


def _does_not_fit(shape: Shape, settings: TrainSettings, room: Room) -> DoesNotFit:
    one = settings.model_copy(update={"micro_batch": 1})
    needed = _needed(shape, one, room)
    return DoesNotFit(
        f"fine-tuning with one row of {one.max_length} tokens a pass takes {_gb(needed.total)} ({needed.parts}), and "
        f"{_gb(room.free)} are free on the {room.name}",
        where="training",
        do=_what_would(shape, one, room),
    )


def _what_would(shape: Shape, one: TrainSettings, room: Room) -> str:
    ways = []
    if context := _longest(shape, one, room):
        ways.append(f"training.max_length={context}")
    if one.method == "full" and _needed(shape, one.model_copy(update={"method": "lora"}), room).total <= room.free:
        ways.append("training.method=lora")
    elif room.device == "cuda" and one.method != "qlora":
        quantised = one.model_copy(update={"method": "qlora"})
        if _needed(shape, quantised, room).total <= room.free:
            ways.append("training.method=qlora")
    if one.processes > 1 and _needed(shape, one.model_copy(update={"processes": 1}), room).total <= room.free:
        ways.append("training.processes=1")
    return f"set {' or '.join(ways)}, or free some memory" if ways else "take a smaller student, or free some memory"


def _longest(shape: Shape, one: TrainSettings, room: Room) -> int | None:
    """The longest context worth proposing that fits one row a pass."""
    contexts = range(one.max_length // _CONTEXT_STEP * _CONTEXT_STEP, 0, -_CONTEXT_STEP)
    for context in contexts:
        if _needed(shape, one.model_copy(update={"max_length": context}), room).total <= room.free:
            return context
    return None


def _passes(settings: TrainSettings, room: Room) -> str:
    rows, count = settings.rows_per_pass, settings.processes
    of_each = f" in each of {count} processes" if count > 1 else ""
    beside = "" if settings.preference is None else ", each with a rejected answer,"
    return f"{rows} row{'s' * (rows > 1)} of {settings.max_length} tokens{beside} a pass{of_each}, {room.precision}"


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
