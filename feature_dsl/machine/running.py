"""The machine's loop: blocks of rows through a program's steps, and the calls with which Python starts it."""

from __future__ import annotations

from typing import Any

from feature_dsl.machine.arrow import release
from feature_dsl.machine.compiled import entry
from feature_dsl.machine.memory import call_kernel, free, words
from feature_dsl.machine.registers import ADDRESS, CAPACITY, CHUNK, FIRST, INPUT, NEXT, PROBLEM, RESULTS, ROWS, USED, inline, rewind
from feature_dsl.machine.results import drop_results, merge_results, open_results, seal_results, share_results, store

# Words of a program.
CODE, STEPS, OUTPUTS, BLOCK, RELEASE_RESULT, RELEASE_CHILD = range(6)
PROGRAM = 8


@inline
def _run(program: Any, frame: Any, array: Any, first: Any, last: Any) -> None:
    frame[INPUT] = array
    frame[PROBLEM] = 0
    row = first
    while row < last and frame[PROBLEM] == 0:
        frame[ROWS], frame[FIRST] = min(program[BLOCK], last - row), row
        rewind(frame)
        step = program[CODE]
        for _ in range(program[STEPS]):
            record = words(step)
            call_kernel(record[ADDRESS], frame, record)
            step += 8 * record[NEXT]
        store(frame, program[OUTPUTS])
        row += frame[ROWS]


@entry("int64(int64, int64, int64, int64, int64)")
def run_whole(program_address: Any, frame_address: Any, array: Any, rows: Any, structure: Any) -> Any:
    """Runs a program over an exported batch on this thread, gives the batch back and describes the result at ``structure``.

    :returns: the frame's ``PROBLEM``; where it is not 0 there is no result.
    """
    program, frame = words(program_address), words(frame_address)
    outputs, count = frame[RESULTS], program[OUTPUTS]
    block = open_results(outputs, count, rows)
    _run(program, frame, array, 0, rows)
    release(words(array), array)
    if frame[PROBLEM] != 0:
        drop_results(outputs, count)
        free(block)
    else:
        seal_results(block, outputs, count, rows, structure, program[RELEASE_RESULT], program[RELEASE_CHILD])
    return frame[PROBLEM]


@entry("int64(int64, int64, int64)")
def open_shared(program_address: Any, frame_address: Any, rows: Any) -> Any:
    """The block for the result of several threads; the frame is the first's."""
    return open_results(words(frame_address)[RESULTS], words(program_address)[OUTPUTS], rows)


@entry("int64(int64, int64, int64, int64, int64, int64)")
def run_part(program_address: Any, first_frame: Any, frame_address: Any, array: Any, first: Any, last: Any) -> Any:
    """Runs a program over rows ``first`` to ``last``, into the block that ``open_shared`` told the first frame's outputs."""
    program, frame = words(program_address), words(frame_address)
    if frame_address != first_frame:
        share_results(words(first_frame)[RESULTS], frame[RESULTS], program[OUTPUTS])
    _run(program, frame, array, first, last)
    return frame[PROBLEM]


@entry("int64(int64, int64, int64, int64, int64)")
def merge(program_address: Any, first_frame: Any, frame_address: Any, begin: Any, end: Any) -> Any:
    """Appends a thread's lists to the first's; 0 where they grew too long."""
    count = words(program_address)[OUTPUTS]
    other = words(frame_address)[RESULTS]
    fits = merge_results(words(first_frame)[RESULTS], other, count, begin, end)
    drop_results(other, count)
    return 1 if fits else 0


@entry("int64(int64, int64, int64, int64, int64)")
def seal(program_address: Any, frame_address: Any, block: Any, rows: Any, structure: Any) -> Any:
    """Describes the shared block's result at ``structure``; 0 as ``structure`` drops it."""
    program, outputs = words(program_address), words(frame_address)[RESULTS]
    if structure == 0:
        drop_results(outputs, program[OUTPUTS])
        free(block)
    else:
        seal_results(block, outputs, program[OUTPUTS], rows, structure, program[RELEASE_RESULT], program[RELEASE_CHILD])
    return 0


@entry("int64(int64, int64, int64, int64)")
def begin_block(frame_address: Any, array: Any, first: Any, rows: Any) -> Any:
    """Starts a block, for callers that run steps one by one."""
    frame = words(frame_address)
    frame[INPUT], frame[ROWS], frame[FIRST], frame[PROBLEM] = array, rows, first, 0
    rewind(frame)
    return 0


@entry("int64(int64, int64)")
def run_step(frame_address: Any, step_address: Any) -> Any:
    """Runs one step."""
    record = words(step_address)
    call_kernel(record[ADDRESS], words(frame_address), record)
    return 0


@entry("int64(int64)")
def give_back(array: Any) -> Any:
    """Releases an exported batch."""
    release(words(array), array)
    return 0


@entry("int64(int64)")
def release_memory(frame_address: Any) -> Any:
    """Frees what a frame has allocated."""
    frame = words(frame_address)
    chunk = frame[CHUNK]
    while chunk != 0:
        following = words(chunk)[0]
        free(chunk)
        chunk = following
    frame[CHUNK], frame[CAPACITY], frame[USED] = 0, 0, 0
    return 0
