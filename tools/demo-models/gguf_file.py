"""Writes GGUF version 3 files; Q8_0 as ggml defines it. Needs numpy only."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

F32, F16, Q8_0 = 0, 1, 8
ALIGN = 32
_BLOCK = 32


def quantize_q8_0(x: np.ndarray) -> np.ndarray:
    """[rows, cols] f32 -> bytes: per 32 values one f16 scale d = max|x| / 127 and 32 int8, rounded half away from zero."""
    b = np.ascontiguousarray(x, np.float32).reshape(-1, _BLOCK)
    d = np.abs(b).max(1, keepdims=True) / np.float32(127)
    inv = np.divide(np.float32(1), d, out=np.zeros_like(d), where=d != 0)
    y = b * inv
    q = np.trunc(y + np.copysign(np.float32(0.5), y)).astype(np.int8)
    return np.concatenate([d.astype("<f2").view(np.uint8).reshape(-1, 2), q.view(np.uint8)], 1)


def dequantize_q8_0(raw: np.ndarray) -> np.ndarray:
    b = raw.reshape(-1, _BLOCK + 2)
    d = np.ascontiguousarray(b[:, :2]).view("<f2").astype(np.float32)
    return (d * b[:, 2:].view(np.int8).astype(np.float32)).reshape(-1)


class Writer:
    """Collects metadata and tensors, then writes the file in one go."""

    def __init__(self) -> None:
        self.kv: list[bytes] = []
        self.tensors: list[tuple[str, tuple[int, ...], int, bytes]] = []

    @staticmethod
    def _s(x: str) -> bytes:
        b = x.encode("utf-8")
        return struct.pack("<Q", len(b)) + b

    def u32(self, key: str, v: int) -> None:
        self.kv.append(self._s(key) + struct.pack("<II", 4, v))

    def f32(self, key: str, v: float) -> None:
        self.kv.append(self._s(key) + struct.pack("<If", 6, v))

    def flag(self, key: str, v: bool) -> None:
        self.kv.append(self._s(key) + struct.pack("<IB", 7, int(v)))

    def text(self, key: str, v: str) -> None:
        self.kv.append(self._s(key) + struct.pack("<I", 8) + self._s(v))

    def texts(self, key: str, v: list[str]) -> None:
        self.kv.append(self._s(key) + struct.pack("<IIQ", 9, 8, len(v)) + b"".join(self._s(x) for x in v))

    def i32s(self, key: str, v: list[int]) -> None:
        self.kv.append(self._s(key) + struct.pack("<IIQ", 9, 5, len(v)) + np.array(v, "<i4").tobytes())

    def tensor(self, name: str, x: np.ndarray, kind: int) -> None:
        """x in row-major [rows, cols]; GGUF lists dimensions with the contiguous one first."""
        data = quantize_q8_0(x).tobytes() if kind == Q8_0 else np.ascontiguousarray(x, "<f4").tobytes()
        self.tensors.append((name, tuple(reversed(x.shape)), kind, data))

    def write(self, path: Path) -> int:
        head = struct.pack("<4sIQQ", b"GGUF", 3, len(self.tensors), len(self.kv)) + b"".join(self.kv)
        infos, offset = b"", 0
        for name, dims, kind, data in self.tensors:
            infos += self._s(name) + struct.pack("<I", len(dims)) + struct.pack(f"<{len(dims)}Q", *dims) + struct.pack("<IQ", kind, offset)
            offset += (len(data) + ALIGN - 1) // ALIGN * ALIGN
        head += infos
        head += b"\0" * (-len(head) % ALIGN)
        with open(path, "wb") as f:
            f.write(head)
            for _, _, _, data in self.tensors:
                f.write(data + b"\0" * (-len(data) % ALIGN))
        return Path(path).stat().st_size
