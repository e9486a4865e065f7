#!/usr/bin/env python3
"""Repeats a recorded run of the simulated card, launch by launch, with the packs' real code objects on an RDNA emulator.

  replay.py CODE_OBJECT RECORDING [--each] [--orders N]

RECORDING is a folder that FORGE_HIPSIM_RECORD named while `rocmforge run` answered (tests/hipsim/record.hpp). What the host
wrote is taken from it; everything else the code objects compute themselves, one launch from the other's results, so that the
logits of the last token hang on every launch before. After each step the token with the largest logit must be the recorded
one. With --each every launch starts from the recorded memory instead, and its results alone are compared.

RDNA_EMU names the folder of the emulator's harness, as for kernels.py. Bounds and races are checked.
"""
import argparse, json, os, struct, sys, time
import numpy as np

sys.path.insert(0, os.environ["RDNA_EMU"])
from rdna_emu import Buffer, CodeObject  # noqa: E402

FRESH = np.uint16(0xFFA5)  # device memory that nobody wrote


class Memory:
    """The allocations of the recorded process, elsewhere."""

    def __init__(self, recording):
        self.bytes = open(os.path.join(recording, "memory.bin"), "rb")
        self.all = {}  # recorded base -> Buffer

    def alloc(self, base, n):
        self.all[base] = Buffer(np.full((n + 1) // 2, FRESH).view(np.uint8)[:n])

    def find(self, at):
        for base, buffer in self.all.items():
            if base <= at < base + buffer.nbytes: return buffer, at - base
        return None, 0

    def recorded(self, write):
        self.bytes.seek(write["offset"])
        return np.frombuffer(self.bytes.read(write["bytes"]), np.uint8)

    def view(self, write):
        buffer, at = self.find(write["at"])
        return buffer.array[at:at + write["bytes"]]

    def relocated(self, arguments):
        """Every aligned word of 8 bytes that is an address of the recording becomes the one here."""
        words = bytearray(arguments)
        for i in range(0, len(words) - 7, 8):
            (word,) = struct.unpack_from("<Q", words, i)
            buffer, at = self.find(word) if word >> 32 else (None, 0)
            if buffer is not None: struct.pack_into("<Q", words, i, buffer.ptr + at)
        return bytes(words)


def floats(data):
    return data[:data.size // 4 * 4].view(np.float32).astype(np.float64)


def close(got, want):
    """Largest difference relative to the largest number, as f32; None where the bytes are no plain floats."""
    with np.errstate(invalid="ignore"): a, b = floats(got), floats(want)
    if a.size == 0 or not (np.isfinite(a).all() and np.isfinite(b).all()): return None
    scale = np.abs(b).max()
    return np.abs(a - b).max() / scale if 1e-20 < scale < 1e20 else None


class Replay:
    def __init__(self, path, recording, each, order):
        self.co, self.memory, self.each, self.order = CodeObject(path), Memory(recording), each, order
        self.launches, self.same, self.worst, self.steps, self.kernels = 0, 0, ("", 0.0), [], {}
        self.last = None  # the launch before what the host writes next: at a step's end it made the logits or picked from them
        self.product = None  # the last launch of a product with one row

    def launch(self, line):
        start = {base: b.array.copy() for base, b in self.memory.all.items()} if self.each else None
        self.co.launch(line["kernel"], line["grid"], line["block"], [self.memory.relocated(bytes.fromhex(line["arguments"]))],
                       extra=list(self.memory.all.values()), order=self.order)
        self.launches += 1
        self.kernels[line["kernel"]] = self.kernels.get(line["kernel"], 0) + 1
        same = True
        for write in line["writes"]:
            got, want = self.memory.view(write), self.memory.recorded(write)
            same &= got.tobytes() == want.tobytes()
            error = close(got, want)
            if error is not None and error > self.worst[1]: self.worst = (f"launch {line['index']}, {line['kernel']}", error)
        self.same += same
        if start is not None:
            for base, array in start.items(): self.memory.all[base].array[...] = array
            for write in line["writes"]: self.memory.view(write)[...] = self.memory.recorded(write)
        self.last = line
        if line["kernel"].startswith("gemv"): self.product = line

    def end_of_step(self):
        """Logits are what the last product wrote, if it is as wide as a vocabulary, and if nothing but picking follows."""
        if self.last is None or self.product is None or not self.product["writes"]: return
        write = max(self.product["writes"], key=lambda w: w["bytes"])
        if write["bytes"] < 4096 or not self.last["kernel"].startswith(("gemv", "top_k")): return
        got, want = floats(self.memory.view(write)), floats(self.memory.recorded(write))
        if self.last["kernel"].startswith("top_k"):
            picked = {int(self.memory.view(w)[:4].view(np.int32)[0]) for w in self.last["writes"]}
            if int(got.argmax()) not in picked: got = np.full_like(got, np.nan)  # argmax 0, which fails
        self.steps.append((int(got.argmax()), int(want.argmax()), float(np.sort(want)[-1] - np.sort(want)[-2]),
                           float(np.abs(got - want).max())))

    def run(self, recording):
        for text in open(os.path.join(recording, "launches.jsonl")):
            line = json.loads(text)
            if line["do"] != "launch" and self.last is not None:
                self.end_of_step()
                self.last = None
            if line["do"] == "alloc": self.memory.alloc(line["base"], line["bytes"])
            elif line["do"] == "free": self.memory.all.pop(line["base"])
            elif line["do"] == "write":
                for write in line["writes"]: self.memory.view(write)[...] = self.memory.recorded(write)
            else: self.launch(line)
        self.end_of_step()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("code_object"); p.add_argument("recording")
    p.add_argument("--each", action="store_true")
    p.add_argument("--order", default="fwd", help="of waves: fwd, rev, or a number that seeds a random one")
    a = p.parse_args()
    order = int(a.order) if a.order.isdigit() else a.order
    start = time.time()
    replay = Replay(a.code_object, a.recording, a.each, order)
    replay.run(a.recording)
    for i, (got, want, margin, error) in enumerate(replay.steps):
        print(f"step {i}: token {got}, recorded {want}; logits differ by at most {error:.3g}, the next token is {margin:.3g} behind")
    print(f"{replay.launches} launches of {len(replay.kernels)} kernels, {replay.same} with the recorded bits; largest relative "
          f"difference {replay.worst[1]:.2e} ({replay.worst[0]}); {time.time() - start:.0f} s")
    failed = not replay.steps or any(got != want for got, want, _, _ in replay.steps)
    print("tokens differ" if failed else f"{len(replay.steps)} tokens as recorded")
    sys.exit(1 if failed else 0)


main()
