#!/usr/bin/env python3
"""Runs the packs' real code objects on an RDNA emulator and compares with numpy.

  kernels.py CODE_OBJECT [-k WORD] [--orders 3]

RDNA_EMU names the folder of the emulator's harness: a Python module rdna_emu with Buffer and CodeObject(path).launch(name,
grid, block, [argument bytes], extra=[Buffer...], order=...), which checks bounds and races, and with CodeObject.kernels, by
name. A development check. Every matmul is computed by its gemv, skinny and gemm kernel, which must agree bit for bit.
Without -k, a kernel of the code object that no test launched is a failure.
"""
import argparse, ctypes, math, os, sys, time
import numpy as np

sys.path.insert(0, os.environ["RDNA_EMU"])
from rdna_emu import Buffer, CodeObject  # noqa: E402

U32, U64, P, F = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_void_p, ctypes.c_float


def struct(name, *fields):
    return type(name, (ctypes.Structure,), {"_fields_": list(fields)})


Rows = struct("Rows", ("base", P), ("stride", U32), ("width", U32))
Quantized = struct("Quantized", ("q", P), ("meta", P), ("k", U32))
Planes = struct("Planes", ("codes", P), ("singles", P), ("pairs", P), ("scales", P), ("super", P), ("fp8_unit", F))
Part = struct("Part", ("weight", Planes), ("up", Planes), ("bias", P), ("up_bias", P), ("y", Rows), ("residual", Rows),
              ("n_out", U32), ("first_tile", U32), ("second", U32))
Normed = struct("Normed", ("x", P), ("weight", P), ("eps", F))
Fp8Rows = struct("Fp8Rows", ("q", P), ("unit", P))
Fp8RowsArgs = struct("Fp8RowsArgs", ("x", Quantized), ("to", Fp8Rows))
MatmulArgs = struct("MatmulArgs", ("x", Quantized), ("x_fp8", Fp8Rows), ("normed", Normed), ("to", Quantized), ("n_rows", U32), ("n_parts", U32), ("n_tiles", U32),
                    ("activation", U32), ("part", Part * 3))
FloatArgs = struct("FloatArgs", ("x", Rows), ("n_rows", U32), ("n_parts", U32), ("n_tiles", U32), ("activation", U32),
                   ("part", Part * 3))
QuantizeArgs = struct("QuantizeArgs", ("x", Rows), ("to", Quantized))
NormArgs = struct("NormArgs", ("x", Rows), ("y", Rows), ("weight", P), ("bias", P), ("weight_stride", U32), ("kind", U32),
                  ("group", U32), ("eps", F), ("to", Quantized))
KvCache = struct("KvCache", ("k", P), ("v", P), ("k_block_bytes", U64), ("v_block_bytes", U64), ("n_kv_heads", U32),
                 ("dk", U32), ("dv", U32), ("k_type", U32), ("v_type", U32))
HeadsArgs = struct("HeadsArgs", ("q", Rows), ("k", Rows), ("v", Rows), ("q_norm", P), ("k_norm", P), ("q_eps", F),
                   ("k_eps", F), ("n_heads", U32), ("n_kv_heads", U32), ("dk", U32), ("dv", U32), ("rope", P),
                   ("n_rot", U32), ("interleaved", U32), ("table_pairs", U32), ("cache", KvCache), ("rows", P),
                   ("tables", P))
AttentionArgs = struct("AttentionArgs", ("q", Rows), ("y", Rows), ("cache", KvCache), ("rows", P), ("tables", P),
                       ("items", P), ("sinks", P), ("n_heads", U32), ("heads_per_tile", U32), ("n_chunks", U32),
                       ("scale", F), ("soft_cap", F), ("window", U32), ("n_splits", U32), ("partial", P),
                       ("max_segments", U32), ("merge_first", P), ("to", Quantized), ("fused", U32), ("heads", HeadsArgs))
ElementArgs = struct("ElementArgs", ("a", Rows), ("b", Rows), ("y", Rows), ("index", P), ("kind", U32),
                     ("activation", U32), ("argument", F))
DrawArgs = struct("DrawArgs", ("x", Rows), ("ids", Rows), ("values", Rows), ("settings", Rows), ("token", Rows), ("sums", P),
                  ("n_parts", U32))
TopKArgs = struct("TopKArgs", ("x", Rows), ("ids", Rows), ("values", Rows), ("lists", P), ("k", U32), ("n_parts", U32))
RouterArgs = struct("RouterArgs", ("x", Rows), ("ids", Rows), ("weights", Rows), ("bias", P), ("gating", U32), ("normalise", U32),
                    ("scale", F))
Groups = struct("Groups", ("first", P), ("count", P), ("slot_of", P), ("pair_of", P))
GroupArgs = struct("GroupArgs", ("ids", Rows), ("groups", Groups), ("n_rows", U32), ("n_experts", U32))
GatherArgs = struct("GatherArgs", ("x", Quantized), ("to", Quantized), ("pair_of", P), ("n_used", U32))
ExpertsArgs = struct("ExpertsArgs", ("x", Quantized), ("weight", Planes), ("up", Planes), ("to", Quantized), ("y", Rows), ("ids", Rows),
                     ("groups", Groups), ("n_out", U32), ("n_experts", U32), ("activation", U32))
SumArgs = struct("SumArgs", ("z", Rows), ("weights", Rows), ("y", Rows), ("slot_of", P))
PeakReadArgs = struct("PeakReadArgs", ("data", P), ("to", P), ("n_rounds", U32), ("n_threads", U32))
PeakArgs = struct("PeakArgs", ("data", P), ("to", P), ("n_rounds", U32))
ProbeAdd = struct("ProbeAdd", ("a", P), ("b", P), ("y", P), ("n", U32))
ProbeMatrix = struct("ProbeMatrix", ("a8", P), ("b8", P), ("c32", P), ("a16", P), ("b16", P), ("cf", P))

IQ4 = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113]
MXFP4 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]
META = np.dtype([("d", "f4"), ("s0", "i2"), ("s1", "i2")])
# name: code bits, single bits, pair bits, centred, table, scale kind, group
FORMATS = {
    "q8_0": (8, 0, 0, False, None, "half", 32), "q4_0": (4, 0, 0, True, None, "half", 32),
    "q4_1": (4, 0, 0, False, None, "pair", 32), "q5_0": (4, 1, 0, True, None, "half", 32),
    "q5_1": (4, 1, 0, False, None, "pair", 32), "q2_k": (0, 0, 2, False, None, "super16min", 16),
    "q3_k": (0, 1, 2, True, None, "super16", 16), "q4_k": (4, 0, 0, False, None, "supermin", 32),
    "q5_k": (4, 1, 0, False, None, "supermin", 32), "q6_k": (4, 0, 2, True, None, "super16", 16),
    "iq4_nl": (4, 0, 0, False, IQ4, "half", 32), "iq4_xs": (4, 0, 0, False, IQ4, "super", 32),
    "mxfp4": (4, 0, 0, False, MXFP4, "exponent", 32)}
rng = np.random.default_rng(1)


M_MMAP_THRESHOLD = -3
ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, 4096)  # the heap does not grow for buffers
low = []  # held, so that no buffer lies there


def buffer(array):
    """Beyond 4 GB: a flat access to an address below is one to scratch memory for the emulator."""
    while (b := Buffer(array)).ptr >> 32 == 0: low.append(b)
    return b


def buffers(*arrays):
    return [buffer(a) for a in arrays]


class Weights:
    """Random weights of a format: planes as the kernels read them, and the values they mean."""

    def __init__(self, name, n_out, k):
        code, single, pair, centred, table, kind, group = FORMATS[name]
        tiles, blocks = (n_out + 15) // 16, k // 32
        rows = tiles * 16
        u = rng.integers(0, 1 << (code + single + pair), (rows, blocks, 32))
        if code == 8: u = rng.integers(-127, 128, (rows, blocks, 32))
        middle = 1 << (code + single + pair - 1) if centred else 0
        value = (np.array(table)[u] if table else u - middle).astype(np.float64)
        u = u ^ middle  # a centred code is kept as two's complement
        low = u & ((1 << code) - 1)
        order = lambda a: np.ascontiguousarray(a.reshape(tiles, 16, blocks, *a.shape[2:]).swapaxes(1, 2))
        self.planes = {}
        if code == 4:
            self.planes["codes"] = order((low[..., :16] | low[..., 16:] << 4).astype(np.uint8))
        if code == 8:  # halves are sub-planes of a tile's block
            t = order(u.astype(np.int8)).reshape(tiles, blocks, 16, 2, 16)
            self.planes["codes"] = np.ascontiguousarray(t.swapaxes(2, 3))
        rest = u >> code
        if pair:
            p = (rest & 3).reshape(rows, blocks, 2, 4, 4).astype(np.uint32)  # half, word, byte
            words = np.zeros((rows, blocks, 2), np.uint32)
            for w in range(4):
                for c in range(4): words |= p[:, :, :, w, c] << np.uint32(8 * c + 2 * w)
            self.planes["pairs"] = order(words)
            rest = rest >> 2
        if single:
            p = (rest & 1).reshape(rows, blocks, 8, 4).astype(np.uint32)
            words = np.zeros((rows, blocks), np.uint32)
            for w in range(8):
                for c in range(4): words |= p[:, :, w, c] << np.uint32(8 * c + w)
            self.planes["singles"] = order(words)
        half = lambda *s: (rng.uniform(0.001, 0.01, s)).astype(np.float16)
        ones = np.ones((rows, blocks))
        d, dm, s0, s1, m0, m1 = (ones * x for x in (1, 0, 1, 1, 1, 1))
        up = lambda a: np.repeat(a, 8, axis=1)
        super_order = lambda a: np.ascontiguousarray(a.reshape(tiles, 16, blocks // 8, *a.shape[2:]).swapaxes(1, 2))
        if kind == "half":
            h = half(rows, blocks); d = h.astype(np.float64); self.planes["scales"] = order(h)
        elif kind == "pair":
            h = np.stack([half(rows, blocks), -half(rows, blocks)], -1)
            d, dm = h[..., 0].astype(np.float64), h[..., 1].astype(np.float64); self.planes["scales"] = order(h)
        elif kind == "exponent":
            e = rng.integers(116, 124, (rows, blocks)).astype(np.uint8); d = 2.0 ** (e.astype(np.float64) - 128)
            self.planes["scales"] = order(e)
        else:
            n = 2 if "min" in kind else 1
            h = half(rows, blocks // 8, n); h[..., -1] *= -1 if n == 2 else 1
            self.planes["super"] = super_order(h)
            d = up(h[..., 0].astype(np.float64)); dm = up(h[..., 1].astype(np.float64)) if n == 2 else 0 * d
            if kind == "super":
                s = rng.integers(-32, 32, (rows, blocks)).astype(np.int8); s0 = s.astype(float); self.planes["scales"] = order(s)
            elif kind == "super16":
                s = rng.integers(-32, 32, (rows, blocks, 2)).astype(np.int8); self.planes["scales"] = order(s)
                s0, s1 = s[..., 0].astype(float), s[..., 1].astype(float)
            elif kind == "supermin":
                s = rng.integers(0, 64, (rows, blocks, 2)).astype(np.uint8); self.planes["scales"] = order(s)
                s0, m0 = s[..., 0].astype(float), s[..., 1].astype(float)
            else:
                s = rng.integers(0, 16, (rows, blocks, 2, 2)).astype(np.uint8)
                self.planes["scales"] = order((s[..., 0] | s[..., 1] << 4).astype(np.uint8))
                s0, s1, m0, m1 = (s[..., i, j].astype(float) for j in (0, 1) for i in (0, 1))
        if group == 32: s1, m1 = s0, m0
        both = lambda a, b: np.repeat(np.stack([a, b], -1), 16, axis=-1)
        self.value = (value * both(d * s0, d * s1) + both(dm * m0, dm * m1)).reshape(rows, k)[:n_out]
        self.buffers = {n: buffer(a) for n, a in self.planes.items()}
        self.unit = 2.0 ** np.ceil(np.log2(np.abs(self.value).max() / 447))
        self.struct = self.slice(0, 1)

    def slice(self, i, n):
        """The i-th of n equal runs of tiles."""
        return Planes(**{name: b.ptr + i * b.nbytes // n for name, b in self.buffers.items()}, fp8_unit=self.unit)


def quantize(x):
    """As the kernels do, bit for bit: d rounded up to a float whose last two bits are zero."""
    blocks = x.reshape(x.shape[0], -1, 32)
    largest = np.abs(blocks).max(-1)
    d = (((largest / np.float32(127)).view(np.uint32) + np.uint32(3)) & ~np.uint32(3)).view(np.float32)
    d = np.where(largest > np.float32(1e-35), d, np.float32(0))
    inverse = np.divide(np.float32(1), d, out=np.zeros_like(d), where=d > 0)
    q = np.rint(blocks * inverse[..., None]).astype(np.int8)
    meta = np.zeros(largest.shape, META)
    meta["d"] = d
    meta["s0"], meta["s1"] = q[..., :16].sum(-1, dtype=np.int32), q[..., 16:].sum(-1, dtype=np.int32)
    return q.reshape(x.shape), meta


def dequantize(q, meta):
    return (q.reshape(*meta.shape, 32) * meta["d"][..., None].astype(np.float64)).reshape(q.shape)


def silu(x):
    return x / (1 + np.exp(-x))


class Tests:
    def __init__(self, path, orders):
        self.co, self.orders, self.n, self.launched = CodeObject(path), orders, 0, set()

    def launch(self, name, grid, block, args, extra, **options):
        self.co.launch(name, grid, block, [bytes(args)], extra=extra, **options)
        self.launched.add(name)

    def run(self, name, grid, block, args, extra):
        """One launch in each wave order, from the same state; the results must be the same."""
        start = [b.array.copy() for b in extra]
        first = None
        for order in self.orders:
            for b, a in zip(extra, start): b.array[...] = a
            self.launch(name, grid, block, args, extra, order=order)
            now = [b.array.copy() for b in extra]
            if first is None: first = now
            assert all(a.tobytes() == b.tobytes() for a, b in zip(first, now)), f"{name}: the order of waves changes it"
        self.n += 1

    def close(self, what, got, want, tolerance):
        error = np.abs(got - want).max() / max(np.abs(want).max(), 1e-30)
        assert np.isfinite(got).all() and error <= tolerance, f"{what}: relative error {error:.2e} above {tolerance:.0e}"
        return error

    # Sums of K / 32 products in f32, each rounded three times: below K / 32 * 3 * 2^-24 of the largest; 1e-5 for K = 512.
    def matmul(self, name, gated, other=None):
        """With another format: by the kernels for parts of two, whose parts begin at multiples of 8 tiles."""
        k = 256 if other else 512
        n_out = [128, 128, 24] if other else [24] if gated else [24, 9]  # tiles that are not full, tiles of another part
        formats = [name, other, name] if other else [name] * len(n_out)
        parts = [(Weights(f, n, k), Weights(f, n, k) if gated else None) for f, n in zip(formats, n_out)]
        n_tiles = sum((n + 15) // 16 for n in n_out)
        q, meta = quantize(rng.normal(size=(18, k)).astype(np.float32))
        real = dequantize(q, meta)
        results = {}
        if other:  # what the kernels for one format make of each part
            bq, bm = buffers(q[:1], meta[:1])
            for i, (f, n, (w, _)) in enumerate(zip(formats, n_out, parts)):
                bias, y, residual = buffers(np.linspace(-1, 1, n, dtype=np.float32), np.full(n, np.nan, np.float32),
                                            np.linspace(0, 2, 18 * n, dtype=np.float32)[:n])
                args = MatmulArgs(x=Quantized(bq.ptr, bm.ptr, k), n_rows=1, n_parts=1, n_tiles=(n + 15) // 16)
                args.part[0] = Part(weight=w.struct, bias=bias.ptr, y=Rows(y.ptr, n, n), residual=Rows(residual.ptr, n, n), n_out=n)
                self.run(f"gemv_{f}", (n + 15) // 16, 256, args, [bq, bm, bias, y, residual, *w.buffers.values()])
                results[i] = y.array.copy()
            name = f"{name}_{other}"
        self.normed(name, gated, parts, n_out, n_tiles, k, bool(other))
        has_fp8 = f"fp8_gemm_{name}" in self.co.kernels
        rounded = {"half_gemm": 3e-3, "fp8_gemm": 0.1}
        many = (("gemm", 1), ("gemm", 18), ("gemm_low", 1), ("gemm_low", 18), ("half_gemm", 18)) + ((("fp8_gemm", 18),) if has_fp8 else ())
        for kernel, rows in (("gemv", 1), ("skinny", 1), ("skinny", 18)) + (() if gated else many):
            bq, bm = buffers(q[:rows], meta[:rows])
            extra, args = [bq, bm], MatmulArgs(x=Quantized(bq.ptr, bm.ptr, k), n_rows=rows, n_parts=len(parts),
                                               n_tiles=n_tiles, activation=1 if gated else 0)
            if kernel == "fp8_gemm":
                x8, unit = self.fp8_rows(bq, bm, real); extra += [x8, unit]
                args.x_fp8 = Fp8Rows(x8.ptr, unit.ptr)
            ys, tile = [], 0
            for i, (n, (w, up)) in enumerate(zip(n_out, parts)):
                bias, y, residual = buffers(np.linspace(-1, 1, n, dtype=np.float32), np.full((rows, n), np.nan, np.float32),
                                            np.linspace(0, 2, 18 * n, dtype=np.float32).reshape(18, n)[:rows])
                extra += [bias, y, residual, *w.buffers.values()] + (list(up.buffers.values()) if up else [])
                args.part[i] = Part(weight=w.struct, up=up.struct if up else Planes(), bias=bias.ptr, y=Rows(y.ptr, n, n),
                                    residual=Rows(residual.ptr, n, n), n_out=n, first_tile=tile, second=int(bool(other) and i == 1))
                tile += (n + 15) // 16
                want = real[:rows] @ w.value.T + bias.array
                if up: want = silu(want) * (real[:rows] @ up.value.T)
                ys.append((y, want + residual.array))
            grid = {"gemv": ((n_tiles + 1) // 2 if gated else n_tiles,), "skinny": (n_tiles, (rows + 15) // 16)}.get(kernel, ((n_tiles + 7) // 8, 1))
            self.run(f"{kernel}_{'gated_' if gated else ''}{name}", grid, 256, args, extra)
            for i, (y, want) in enumerate(ys):
                # Weight and input are rounded to 11 bits twice each, 4 * 2^-11 of a product at most; of a sum of 512 a part like
                # 1e-3, as they are independent. A wrong bit in a weight is more than 1e-2. E4M3: 2^-4 each, deviation 2^-4 / sqrt(3),
                # of the sum of squares; the largest of the outputs is some three deviations of that, so 8 deviations are 0.1 of it.
                self.close(f"{kernel} {rows} rows", y.array, want, rounded.get(kernel, 1e-5))
                if kernel in rounded: continue
                first = results.setdefault(i, y.array[0].copy())
                assert first.tobytes() == y.array[0].tobytes(), f"{kernel} {rows} rows: other bits than gemv"
                if rows > 1:
                    more = results.setdefault((i, "more"), y.array.copy())
                    assert more.tobytes() == y.array.tobytes(), f"{kernel}: other bits than skinny"

    def fp8_rows(self, bq, bm, real):
        """Rows in E4M3: each within half of its last place, or of the smallest number, which the harness rounds to zero."""
        rows, k = real.shape
        x8, unit = buffers(np.zeros((rows, k), np.uint8), np.zeros(rows, np.float32))
        self.run("fp8_rows", rows, 256, Fp8RowsArgs(Quantized(bq.ptr, bm.ptr, k), Fp8Rows(x8.ptr, unit.ptr)), [bq, bm, x8, unit])
        exponent, fraction = (x8.array >> 3 & 15).astype(int), (x8.array & 7).astype(int)
        value = np.where(exponent == 0, fraction * 2.0 ** -9, (8 + fraction) * 2.0 ** (exponent - 10.0)) * np.where(x8.array & 128, -1, 1)
        assert (np.abs(unit.array / (np.abs(dequantize(bq.array, bm.array)).max(-1) / 447) - 1) < 1e-6).all(), "fp8_rows: units"
        error = np.abs(value * unit.array[:, None] - real)
        assert (error <= np.abs(real) * 2.0 ** -4 * (1 + 1e-6) + unit.array[:, None] * 2.0 ** -7).all(), "fp8_rows"
        return x8, unit

    def normed(self, name, gated, parts, n_out, n_tiles, k, two_formats):
        """The same row by norm_quantize and gemv, and by gemv_normed: equal bits; with a gate also as quants."""
        x = rng.normal(size=(1, k)).astype(np.float32); weight = rng.normal(size=k).astype(np.float32)
        bx, bw, bq, bm = buffers(x, weight, np.zeros((1, k), np.int8), np.zeros((1, k // 32), META))
        self.run("norm_quantize", (1, 1), 256, NormArgs(x=Rows(bx.ptr, k, k), weight=bw.ptr, group=k, eps=1e-6,
                                                       to=Quantized(bq.ptr, bm.ptr, k)), [bx, bw, bq, bm])
        results = []
        for kernel in ("gemv_", "gemv_normed_"):
            args = MatmulArgs(x=Quantized(bq.ptr if kernel == "gemv_" else None, bm.ptr if kernel == "gemv_" else None, k), n_rows=1,
                              normed=Normed(bx.ptr, bw.ptr, 1e-6), n_parts=len(parts), n_tiles=n_tiles, activation=int(gated))
            extra, ys, tile = [bx, bw, bq, bm], [], 0
            for i, (n, (w, up)) in enumerate(zip(n_out, parts)):
                y = buffer(np.full((1, n), np.nan, np.float32))
                extra += [y, *w.buffers.values()] + (list(up.buffers.values()) if up else []); ys.append(y)
                args.part[i] = Part(weight=w.struct, up=up.struct if up else Planes(), y=Rows(y.ptr, n, n), n_out=n, first_tile=tile,
                                    second=int(two_formats and i == 1))
                tile += (n + 15) // 16
            if gated:
                qo, mo = buffers(np.zeros(32, np.int8), np.zeros(1, META)); extra += [qo, mo]
                args.to = Quantized(qo.ptr, mo.ptr, 32)
            self.run(kernel + ("gated_" if gated else "") + name, (n_tiles + 1) // 2 if gated else n_tiles, 256, args, extra)
            results.append([y.array.copy() for y in ys] + ([qo.array.copy(), mo.array.copy()] if gated else []))
        assert all(a.tobytes() == b.tobytes() for a, b in zip(*results)), "normed on the way: other bits"
        if gated:
            y = np.zeros((1, 32), np.float32); y[0, :n_out[0]] = results[0][0][0]
            by, bq, bm = buffers(y, np.zeros((1, 32), np.int8), np.zeros((1, 1), META))
            self.run("quantize", (1, 1), 256, QuantizeArgs(Rows(by.ptr, 32, 32), Quantized(bq.ptr, bm.ptr, 32)), [by, bq, bm])
            assert bq.array.tobytes() == results[0][1].tobytes() and bm.array.tobytes() == results[0][2].tobytes(), "output as quants"

    def float_matmul(self, kind, gated):
        k, n, rows = 77, 20, 6
        x = rng.normal(size=(rows, k)).astype(np.float32)
        chunk = 4 if kind == "f32" else 8
        chunks = (k + chunk - 1) // chunk
        ws, extra = [], []
        for _ in range(2 if gated else 1):
            w = np.zeros((32, chunks * chunk), np.float32); w[:n, :k] = rng.normal(size=(n, k))
            if kind == "f16": raw = w.astype(np.float16); w = raw.astype(np.float32)
            elif kind == "bf16": raw = (w.view(np.uint32) >> 16).astype(np.uint16); w = (raw.astype(np.uint32) << 16).view(np.float32)
            else: raw = w
            b = buffer(np.ascontiguousarray(raw.reshape(2, 16, chunks, chunk).swapaxes(1, 2)))
            ws.append((b, w[:n, :k].astype(np.float64))); extra.append(b)
        bx, y = buffers(x, np.full((rows, n), np.nan, np.float32)); extra += [bx, y]
        args = FloatArgs(x=Rows(bx.ptr, k, k), n_rows=rows, n_parts=1, n_tiles=2, activation=1 if gated else 0)
        args.part[0] = Part(weight=Planes(codes=ws[0][0].ptr), up=Planes(codes=ws[-1][0].ptr), y=Rows(y.ptr, n, n), n_out=n)
        self.run(f"float_{'gated_' if gated else ''}{kind}", (2, 2), 256, args, extra)
        want = x @ ws[0][1].T
        if gated: want = silu(want) * (x @ ws[1][1].T)
        self.close("float", y.array, want, 1e-5)

    def quantize(self):
        x = rng.normal(size=(3, 320)).astype(np.float32); x[1, 32:64] = 0; x[2, :32] *= 1e-37; x[0, 5] = 3.5
        bx, q, meta = buffers(x, np.zeros((3, 320), np.int8), np.zeros((3, 10), META))
        self.run("quantize", (1, 3), 256, QuantizeArgs(Rows(bx.ptr, 320, 320), Quantized(q.ptr, meta.ptr, 320)), [bx, q, meta])
        wq, wm = quantize(x)
        assert q.array.tobytes() == wq.tobytes() and meta.array.tobytes() == wm.tobytes(), "quants or scales differ"

    def norm(self, fused):
        for kind, group in ((0, 320), (1, 320), (2, 320)) + (() if fused else ((0, 80),)):
            x = rng.normal(size=(2, 320)).astype(np.float32) + 0.5
            w = rng.normal(size=group).astype(np.float32)
            bx, bw, y, q, meta = buffers(x, w, np.zeros((2, 320), np.float32), np.zeros((2, 320), np.int8),
                                         np.zeros((2, 10), np.uint64))
            args = NormArgs(x=Rows(bx.ptr, 320, 320), y=Rows(y.ptr, 320, 320), weight=bw.ptr, kind=kind, group=group, eps=1e-5,
                            to=Quantized(q.ptr, meta.ptr, 320))
            self.run("norm_quantize" if fused else "norm", (2, 320 // group), 256, args, [bx, bw, y, q, meta])
            g = x.reshape(2, -1, group).astype(np.float64)
            if kind == 1: g = g - g.mean(-1, keepdims=True)
            if kind == 2: want = g / np.maximum(np.sqrt((g * g).sum(-1, keepdims=True)), 1e-5)
            else: want = g / np.sqrt((g * g).mean(-1, keepdims=True) + 1e-5)
            want = (want * w).reshape(2, 320)
            self.close("norm", y.array, want, 1e-5)
            if fused:
                wq, wm = quantize(y.array)
                assert q.array.tobytes() == wq.tobytes() and meta.array.tobytes() == wm.tobytes(), "quants or scales differ"

    def element(self, name):
        a, b = rng.normal(size=(2, 3, 300)).astype(np.float32) * 3
        index = np.array([2, 0, 1], np.uint32)
        ba, bb, bi, y = buffers(a, b, index, np.zeros((3, 300), np.float32))
        cases = {"gated": [dict(activation=i) for i in range(1, 6)], "unary": [dict(kind=0, argument=2.5), dict(kind=1, argument=1.5),
                 dict(kind=2, activation=1)], "binary": [dict(kind=0), dict(kind=1)], "select_rows": [{}]}[name]
        from math import erf
        act = {1: silu, 2: lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3))),
               3: lambda x: 0.5 * x * (1 + np.vectorize(erf)(x / np.sqrt(2))), 4: lambda x: 1 / (1 + np.exp(-x)), 5: lambda x: np.maximum(x, 0)}
        x, z = a.astype(np.float64), b.astype(np.float64)
        for case in cases:
            args = ElementArgs(a=Rows(ba.ptr, 300, 300), b=Rows(bb.ptr, 300, 300), y=Rows(y.ptr, 300, 300), index=bi.ptr, **case)
            self.run(name, (2, 3), 256, args, [ba, bb, bi, y])
            if name == "gated": want = act[case["activation"]](x) * z
            elif name == "unary": want = [x * 2.5, 1.5 * np.tanh(x / 1.5), silu(x)][case["kind"]]
            elif name == "binary": want = x + z if case["kind"] == 0 else x * z
            else: want = x[index]
            self.close(f"{name} {case}", y.array, want, 2e-6)

    def probes(self):
        a, b = rng.normal(size=(2, 300)).astype(np.float32)
        ba, bb, y = buffers(a, b, np.zeros(300, np.float32))
        self.run("probe_add", 2, 256, ProbeAdd(ba.ptr, bb.ptr, y.ptr, 300), [ba, bb, y])
        self.close("probe_add", y.array, a + b + 1, 1e-6)
        a8, b8 = rng.integers(-128, 128, (2, 16, 16)).astype(np.int8)
        a16, b16 = rng.normal(size=(2, 16, 16)).astype(np.float16)
        args = buffers(a8, b8, np.zeros((16, 16), np.int32), a16, b16, np.zeros((16, 16), np.float32))
        self.run("probe_matrix", 1, 32, ProbeMatrix(*(x.ptr for x in args)), args)
        assert (args[2].array == a8.astype(int) @ b8.astype(int).T).all()
        self.close("probe_matrix", args[5].array, a16.astype(float) @ b16.astype(float).T, 1e-6)

    def top_k(self):
        for width, n_rows, k in ((100, 2, 100), (2048, 2, 40), (5000, 2, 128), (18000, 1, 128)):
            x = rng.integers(-60, 60, (n_rows, width + 3)).astype(np.float32)  # many are equal
            x[0, :90] = -np.inf; x[0, 7] = np.inf; x[0, [20, 21, 90]] = np.nan; x[0, 91:95] = [0, -0.0, 0, -0.0]
            n_parts = (width + 2047) // 2048
            bx, ids, values, lists = buffers(x, np.full((n_rows, 130), -1, np.int32), np.full((n_rows, 129), -1, np.float32),
                                             np.zeros((n_rows, n_parts, 128), np.uint64))
            args = TopKArgs(x=Rows(bx.ptr, width + 3, width), ids=Rows(ids.ptr, 130, k), values=Rows(values.ptr, 129, k),
                            lists=lists.ptr, k=k, n_parts=n_parts)
            extra = [bx, ids, values, lists]
            self.run("top_k_parts", (n_parts, n_rows), 256, args, extra)
            if n_parts > 1: self.run("top_k", n_rows, 256, args, extra)
            for r in range(n_rows):
                row = x[r, :width]
                nan = np.isnan(row)  # behind all others
                want = np.lexsort((np.arange(width), -np.where(nan, 0, row), nan))[:k]
                assert (ids.array[r, :k] == want).all() and (ids.array[r, k:] == -1).all(), f"top_k of {width}: ids"
                assert values.array[r, :k].tobytes() == row[want].tobytes(), f"top_k of {width}: values"
                assert (values.array[r, k:] == -1).all(), f"top_k of {width}: too many values"

    # FORGE_OP_DRAW with the integers of forge/sdk/softmax_weight.hpp, once more, by sorting.
    def draw(self):
        series, factor = [], 1.0
        for k in range(10):
            factor *= math.log(2) / k if k else 1
            series.append(round(2**31 * factor))
        def weight(behind):
            if not behind < 28: return 0
            t = int(behind * np.float32(2**26)) * 3098164009
            fraction = t >> 25 & 0xffffffff
            total = series[9]
            for k in range(8, -1, -1): total = series[k] - (fraction * total >> 32)
            return (total << 9) >> (t >> 57)
        def token_of(x, ids, top_k, top_p, log_min_p, inverse_temperature, random):
            tokens = [i for i in (ids[:top_k] if top_k else range(len(x))) if not np.isnan(x[i])]
            if not tokens: return -1
            best = max(x[i] for i in tokens)
            behind = {i: np.float32(0) if x[i] == best else best - x[i] for i in tokens}
            weights = {i: weight(behind[i]) for i in tokens}
            distance = {i: int(behind[i] * np.float32(2**26)) if behind[i] < 28 else 1 << 32 for i in tokens}
            order = sorted(tokens, key=lambda i: -x[i])
            wanted, before, kept = sum(weights.values()) * top_p >> 32, 0, []
            for n, i in enumerate(order):
                if n and distance[i] != distance[order[n - 1]]: before = sum(weights[j] for j in kept)
                if top_p and before >= wanted or x[i] < best + log_min_p: break
                kept.append(i)
            heated = {i: weight(np.float32(behind[i] * inverse_temperature)) if behind[i] else weight(np.float32(0)) for i in kept}
            point, total = sum(heated.values()) * random >> 32, 0
            for i in sorted(kept):
                total += heated[i]
                if total > point: return i
        half, most = 1 << 31, (1 << 32) - 1
        n_open = 0
        for width, k, top_k, top_p, log_min_p, inverse in ((1, 1, 0, 0, -np.inf, 1), (100, 40, 40, 0, -np.inf, 1.25), (100, 40, 0, half, -3, 1),
                (300, 128, 0, most - (1 << 26), -np.inf, 1.25), (300, 128, 0, 0, -5, 0.5), (2100, 128, 100, most - (1 << 26), -4, 0.7),
                (2100, 128, 0, most - (1 << 20), -np.inf, 1), (5000, 128, 0, 0, -np.inf, 1)):
            n_rows = 1 if width > 300 else 3
            x = (rng.normal(size=(n_rows, width + 3)) * 2).astype(np.float32)
            if n_rows > 1:
                x[1, :] = np.nan; x[2, ::3] = 4.5; x[2, 1] = -np.inf; x[2, 2] = np.nan
                if width > 1: x[0, 3:6] = [0, -0.0, 1e-40]
                if width == 100 and log_min_p < 0 and not top_k: x[2, 7] = x[2, 11] = np.inf
            ids = np.full((n_rows, k + 1), 1 << 30, np.int32); values = np.zeros((n_rows, k + 2), np.float32)
            settings = np.zeros((n_rows, 5), np.uint32)
            for r in range(n_rows):
                row = x[r, :width]
                nan = np.isnan(row)
                ids[r, :k] = np.lexsort((np.arange(width), -np.where(nan, 0, row), nan))[:k]
                values[r, :k] = row[ids[r, :k]]
                settings[r, :2] = top_k, top_p
                settings[r, 2:4] = np.array([log_min_p, inverse], np.float32).view(np.uint32)
                settings[r, 4] = rng.integers(0, 1 << 32)
            n_parts = (width + 2047) // 2048
            bx, bi, bv, bs, token, sums = buffers(x, ids, values, settings, np.full((n_rows, 2), -7, np.int32),
                                                  np.full((n_rows, 16, n_parts), 99, np.uint64))
            args = DrawArgs(x=Rows(bx.ptr, width + 3, width), ids=Rows(bi.ptr, k + 1, k), values=Rows(bv.ptr, k + 2, k),
                            settings=Rows(bs.ptr, 5, 5), token=Rows(token.ptr, 2, 1), sums=sums.ptr, n_parts=n_parts)
            extra = [bx, bi, bv, bs, token, sums]
            self.run("draw_sums", (n_parts, n_rows), 256, args, extra)
            self.run("draw", n_rows, 1024, args, extra)
            for r in range(n_rows):
                want = token_of(x[r, :width], ids[r, :k], top_k, top_p, np.float32(log_min_p), np.float32(inverse), int(settings[r, 4]))
                assert token.array[r, 0] == want, f"draw of {width}, row {r}: {token.array[r, 0]} for {want}"
                assert token.array[r, 1] == -7, f"draw of {width}: too many"
                n_open += want not in ids[r, :k] and want != -1
        assert n_open > 0, "no token came from behind the list"

    # Exponentials have a few roundings, sums n / 32 + 5, the rest three: for n = 100 below 16 * 2^-24 = 1e-6 of a weight.
    def router(self):
        for n, n_used, gating, normalise, biased in ((100, 6, 0, 0, False), (100, 6, 0, 1, True), (100, 6, 1, 1, True), (20, 3, 1, 0, False),
                                                     (100, 6, 2, 0, False), (20, 20, 2, 1, True)):
            x = rng.normal(size=(2, n + 1)).astype(np.float32) * 2
            x[0, [3, 9, 17]] = 5.5  # equal ones: the lowest place first
            bias = rng.normal(size=n).astype(np.float32); bias[[3, 9, 17]] = 1
            bx, bb, ids, weights = buffers(x, bias, np.full((2, 25), -1, np.int32), np.full((2, 24), np.nan, np.float32))
            args = RouterArgs(x=Rows(bx.ptr, n + 1, n), ids=Rows(ids.ptr, 25, n_used), weights=Rows(weights.ptr, 24, n_used),
                              bias=bb.ptr if biased else None, gating=gating, normalise=normalise, scale=2.5)
            self.run("moe_router", 2, 32, args, [bx, bb, ids, weights])
            z = x[:, :n].astype(np.float64)
            e = np.exp(z - z.max(-1, keepdims=True))
            p = 1 / (1 + np.exp(-z)) if gating == 1 else e / e.sum(-1, keepdims=True)
            want = np.argsort(-(p + bias if biased else p), axis=-1, kind="stable")[:, :n_used]
            what = f"router {n} {gating} {normalise} {biased}"
            assert (ids.array[:, :n_used] == want).all() and (ids.array[:, n_used:] == -1).all(), f"{what}: ids"
            weight = np.take_along_axis(e if gating == 2 else p, want, -1)
            if normalise or gating == 2: weight = weight / weight.sum(-1, keepdims=True)
            error = np.abs(weights.array[:, :n_used] / (weight * 2.5) - 1).max()
            assert error <= 1e-6 and np.isnan(weights.array[:, n_used:]).all(), f"{what}: relative error {error:.2e}"

    def groups(self):
        for n_rows, n_used, n_experts in ((40, 7, 10), (3, 2, 5)):
            ids = rng.integers(0, n_experts, (n_rows, n_used + 2)).astype(np.int32)
            ids[ids == 1] = 2; ids[1, 0] = 1000  # an expert without pairs; one that does not exist counts as the last
            n = n_rows * n_used
            bi, first, count, slot_of, pair_of = buffers(ids, *(np.full(m, -1, np.int32) for m in (n_experts, n_experts, n, n)))
            args = GroupArgs(ids=Rows(bi.ptr, n_used + 2, n_used), groups=Groups(first.ptr, count.ptr, slot_of.ptr, pair_of.ptr),
                             n_rows=n_rows, n_experts=n_experts)
            self.run("moe_group", n_experts, 256, args, [bi, first, count, slot_of, pair_of])
            of = np.minimum(ids[:, :n_used].ravel(), n_experts - 1)
            counts = np.bincount(of, minlength=n_experts); pairs = np.argsort(of, kind="stable")
            assert (count.array == counts).all() and (first.array == np.cumsum(counts) - counts).all(), "groups"
            assert (pair_of.array == pairs).all() and (slot_of.array == np.argsort(pairs)).all(), "slots"

    def gather(self):
        for k in (4160, 64):  # more and fewer pieces than threads
            q, meta = quantize(rng.normal(size=(3, k)).astype(np.float32))
            pairs = rng.permutation(6).astype(np.uint32)
            bq, bm, bp, qo, mo = buffers(q, meta, pairs, np.zeros((6, k), np.int8), np.zeros((6, k // 32), META))
            self.run("moe_gather", 6, 256, GatherArgs(Quantized(bq.ptr, bm.ptr, k), Quantized(qo.ptr, mo.ptr, k), bp.ptr, 2),
                     [bq, bm, bp, qo, mo])
            assert qo.array.tobytes() == q[pairs // 2].tobytes() and mo.array.tobytes() == meta[pairs // 2].tobytes()

    def experts(self, name, n_out=32, n_rows=2, n_used=2, n_experts=3):
        """Pairs by the kernels for few rows and for many, and one by those of LINEAR: equal bits."""
        k, n = 256, n_rows * n_used
        w, up = Weights(name, n_experts * n_out, k), Weights(name, n_experts * n_out, k)
        planes = [*w.buffers.values(), *up.buffers.values()]
        of = np.minimum(rng.integers(0, n_experts + 1, n), n_experts - 1)
        if n > 64: of[...] = np.arange(n) % 18 != 3  # more than kGemmRows of expert 1, a few of expert 0
        values = w.value.reshape(n_experts, n_out, k), up.value.reshape(n_experts, n_out, k)
        q, meta = quantize(rng.normal(size=(n, k)).astype(np.float32))
        real = dequantize(q, meta)
        ids = np.zeros((n_rows, n_used + 1), np.int32); ids[:, :n_used] = of.reshape(n_rows, n_used)
        pairs = np.argsort(of, kind="stable"); counts = np.bincount(of, minlength=n_experts)
        bi, bq, bm, y, qo, mo = buffers(ids, q, meta, np.full((n, n_out), np.nan, np.float32), np.zeros((n, n_out), np.int8),
                                        np.zeros((n, n_out // 32), META))
        args = ExpertsArgs(x=Quantized(bq.ptr, bm.ptr, k), weight=w.struct, up=up.struct, to=Quantized(qo.ptr, mo.ptr, n_out),
                           y=Rows(y.ptr, n_out, n_out), ids=Rows(bi.ptr, n_used + 1, n_used), n_out=n_out, n_experts=n_experts)
        extra = [bi, bq, bm, y, qo, mo, *planes]
        tiles = n_out // 16
        self.run(f"experts_{name}", (tiles, n_used, n_rows), 256, args, extra)
        one = y.array.copy()
        self.close(f"experts_{name}", one, np.einsum("pk,pok->po", real, values[0][of]), 1e-5)
        args.activation = 1
        self.run(f"experts_gated_{name}", (tiles // 2, n_used, n_rows), 256, args, extra)
        x = np.repeat(real[:n_rows], n_used, 0)  # the row's, of all its pairs
        want = silu(np.einsum("pk,pok->po", x, values[0][of])) * np.einsum("pk,pok->po", x, values[1][of])
        step = np.repeat(mo.array["d"].astype(np.float64), 32, -1)
        assert (np.abs(dequantize(qo.array, mo.array) - want) <= step * 0.5001 + 1e-5 * np.abs(want).max()).all(), "gated: quants"
        self.close("gated: scales", mo.array["d"], np.abs(want).reshape(n, -1, 32).max(-1) / 127, 1e-5)
        halves = qo.array.reshape(n, -1, 2, 16).sum(-1, dtype=np.int32)
        assert (mo.array["s0"] == halves[..., 0]).all() and (mo.array["s1"] == halves[..., 1]).all(), "gated: sums"
        # Grouped: the rows of an expert one behind the other.
        sq, sm, sy, first, count = buffers(q[pairs], meta[pairs], np.full((n, n_out), np.nan, np.float32),
                                           (np.cumsum(counts) - counts).astype(np.uint32), counts.astype(np.uint32))
        args = ExpertsArgs(x=Quantized(sq.ptr, sm.ptr, k), weight=w.struct, y=Rows(sy.ptr, n_out, n_out),
                           groups=Groups(first=first.ptr, count=count.ptr), n_out=n_out, n_experts=n_experts)
        self.run(f"experts_gemm_{name}", ((tiles + 7) // 8, (n + 63) // 64, n_experts), 256, args, [sq, sm, sy, first, count, *planes])
        assert sy.array.tobytes() == one[pairs].tobytes(), "grouped: other bits"
        # The last pair by LINEAR's kernels.
        e = int(of[-1])
        ly, lq, lm = buffers(np.full(n_out, np.nan, np.float32), np.zeros(n_out, np.int8), np.zeros(n_out // 32, META))
        extra = [bq, bm, ly, lq, lm, *planes]
        args = MatmulArgs(n_rows=1, n_parts=1, n_tiles=tiles)
        args.part[0] = Part(weight=w.slice(e, n_experts), up=up.slice(e, n_experts), y=Rows(ly.ptr, n_out, n_out), n_out=n_out)
        args.x = Quantized(bq.ptr + (n - 1) * k, bm.ptr + (n - 1) * k // 32 * 8, k)
        self.run(f"gemv_{name}", tiles, 256, args, extra)
        assert ly.array.tobytes() == one[-1].tobytes(), "other bits than gemv"
        args.activation, args.to = 1, Quantized(lq.ptr, lm.ptr, n_out)
        args.x = Quantized(bq.ptr + (n_rows - 1) * k, bm.ptr + (n_rows - 1) * k // 32 * 8, k)
        self.run(f"gemv_gated_{name}", tiles // 2, 256, args, extra)
        assert lq.array.tobytes() == qo.array[-1].tobytes() and lm.array.tobytes() == mo.array[-1].tobytes(), "other bits than gemv_gated"

    # Four products, each sum rounded once: below 4 * 2^-24 of the products' magnitudes.
    def experts_sum(self):
        n_rows, n_used, width = 3, 4, 300
        z = rng.normal(size=(12, width + 4)).astype(np.float32); weights = rng.uniform(size=(3, 6)).astype(np.float32)
        slots = rng.permutation(12).astype(np.uint32)
        bz, bw, bs, y = buffers(z, weights, slots, np.zeros((n_rows, width), np.float32))
        for slot_of in (None, bs.ptr):
            y.array[...] = np.nan
            args = SumArgs(z=Rows(bz.ptr, width + 4, width), weights=Rows(bw.ptr, 6, n_used), y=Rows(y.ptr, width, width), slot_of=slot_of)
            self.run("experts_sum", (2, n_rows), 256, args, [bz, bw, bs, y])
            taken = (z[slots] if slot_of else z)[:, :width].reshape(3, 4, width).astype(np.float64) * weights[:, :4, None]
            assert (np.abs(y.array - taken.sum(1)) <= 4 * 2.0 ** -24 * np.abs(taken).sum(1)).all(), "experts_sum"

    def peaks(self):
        n_rounds, n_threads = 2, 512
        words = rng.integers(0, 1 << 32, (n_rounds * 8, n_threads, 4), dtype=np.uint32)
        data, to = buffers(words, np.zeros(n_threads, np.uint32))
        self.run("peak_read", 2, 256, PeakReadArgs(data.ptr, to.ptr, n_rounds, n_threads), [data, to])
        assert (to.array == words.sum((0, 2), dtype=np.uint32)).all(), "peak_read"
        data, to = buffers(np.full(64, -3, np.int8), np.zeros(512, np.int32))
        self.run("peak_int8", 2, 256, PeakArgs(data.ptr, to.ptr, 2), [data, to])
        assert (to.array == (2 + 1) * 8 * 32 * 9).all(), "peak_int8"  # rounds, chains
        start = np.array([0.5, 1.25, 3, -2, 7.5, 0, -1, 10], np.float32)  # all results are floats
        data, to = buffers(np.concatenate([start, np.zeros(8, np.float32)]), np.zeros(512, np.float32))
        self.run("peak_f32", 2, 256, PeakArgs(data.ptr, to.ptr, 3), [data, to])
        chains = start.copy()
        for _ in range(3): chains = chains * start[0] + start[1]
        assert (to.array == chains.sum()).all(), "peak_f32"

    def sequence(self, dk, dv, any_type, n_past, n_rows, window=0, sinks=False, soft_cap=0.0, n_heads=6, n_kv=2, interleaved=0,
                 any_kernel=None):
        """heads, then attention both ways, for rows that follow n_past others of a sequence with shuffled blocks."""
        if any_kernel is None: any_kernel = any_type
        n = n_past + n_rows
        q, k, v = (rng.normal(size=(n, h * d)).astype(np.float32) for h, d in ((n_heads, dk), (n_kv, dk), (n_kv, dv)))
        raw = [x.copy() for x in (q, k, v)]
        n_blocks = (n + 31) // 32
        table = rng.permutation(n_blocks + 2)[:n_blocks].astype(np.uint32)
        size = lambda d: n_kv * 32 * d * 2 if not any_type else n_kv * 32 * d + n_kv * 32 * (d // 32) * 2
        angles = rng.uniform(0, 6, (n, dk // 2))
        rope = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
        norms = rng.uniform(0.5, 1.5, (2, dk)).astype(np.float32)
        rows = np.stack([np.arange(n), np.zeros(n)], 1).astype(np.uint32)
        bq, bk, bv, bt, br, bn, bi, kc, vc = buffers(q, k, v, table, rope, norms, rows, np.zeros((n_blocks + 2) * size(dk), np.uint8),
                                                    np.zeros((n_blocks + 2) * size(dv), np.uint8))
        cache = KvCache(kc.ptr, vc.ptr, size(dk), size(dv), n_kv, dk, dv, int(any_type), int(any_type))
        args = heads_args = HeadsArgs(q=Rows(bq.ptr, n_heads * dk, n_heads * dk), k=Rows(bk.ptr, n_kv * dk, n_kv * dk),
                         v=Rows(bv.ptr, n_kv * dv, n_kv * dv), q_norm=bn.ptr, k_norm=bn.ptr + 4 * dk, q_eps=1e-6, k_eps=1e-6,
                         n_heads=n_heads, n_kv_heads=n_kv, dk=dk, dv=dv, rope=br.ptr, n_rot=dk, interleaved=interleaved,
                         table_pairs=dk // 2, cache=cache, rows=bi.ptr, tables=bt.ptr)
        self.run("heads", (n, (n_heads + 2 * n_kv + 7) // 8), 256, args, [bq, bk, bv, bt, br, bn, bi, kc, vc])

        def prepare(x, h, w):
            x = x.reshape(n, h, dk).astype(np.float64)
            x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6) * w
            c, s = rope[:, None, 0].astype(float), rope[:, None, 1].astype(float)
            out = np.empty_like(x)
            a, b = (x[..., 0::2], x[..., 1::2]) if interleaved else (x[..., :dk // 2], x[..., dk // 2:])
            r = (a * c - b * s, b * c + a * s)
            if interleaved: out[..., 0::2], out[..., 1::2] = r
            else: out[..., :dk // 2], out[..., dk // 2:] = r
            return out

        pq, pk, pv = prepare(q, n_heads, norms[0]), prepare(k, n_kv, norms[1]), v.reshape(n, n_kv, dv).astype(np.float64)
        self.close("heads q", bq.array.reshape(n, n_heads, dk), pq, 2e-6)
        group = n_heads // n_kv
        per_tile = min(group, 16)
        rows_of_item = max(1, 16 // per_tile)
        starts = list(range(n_past, n, rows_of_item))
        items = np.array([(s, min(rows_of_item, n - s)) for s in starts], np.uint32)
        sink = rng.normal(size=n_heads).astype(np.float32)
        merge_first = np.arange(n, dtype=np.uint32)
        for s, c in items: merge_first[s:s + c] = s
        segments = (n + 63) // 64
        bitems, by, bs, bm, bp = buffers(items, np.full((n, n_heads * dv), np.nan, np.float32), sink, merge_first,
                                         np.full((n, n_heads, segments, dv + 2), np.nan, np.float32))
        args = AttentionArgs(q=Rows(bq.ptr, n_heads * dk, n_heads * dk), y=Rows(by.ptr, n_heads * dv, n_heads * dv), cache=cache,
                             rows=bi.ptr, tables=bt.ptr, items=bitems.ptr, sinks=bs.ptr if sinks else None, n_heads=n_heads,
                             heads_per_tile=per_tile, n_chunks=(group + per_tile - 1) // per_tile, scale=dk ** -0.5,
                             soft_cap=soft_cap, window=window, n_splits=1, partial=bp.ptr, max_segments=segments,
                             merge_first=bm.ptr)
        extra = [bq, by, bs, bm, bp, bitems, bi, bt, kc, vc]
        most = 64 if any_kernel else 128
        threads = 32 * (dv // most if dv % most == 0 else 1)
        name = f"attention_{'any_' if any_kernel else ''}{dv}"
        self.run(name, (len(items), n_kv * args.n_chunks, 1), threads, args, extra)
        got = by.array.reshape(n, n_heads, dv)[n_past:].copy()
        want = np.empty((n_rows, n_heads, dv))
        for r in range(n_past, n):
            at = np.arange(0 if window == 0 else max(0, r - window + 1), r + 1)
            for h in range(n_heads):
                s = pk[at, h // group] @ pq[r, h] * dk ** -0.5
                if soft_cap: s = soft_cap * np.tanh(s / soft_cap)
                e = np.exp(s - s.max())
                total = e.sum() + (np.exp(sink[h] - s.max()) if sinks else 0)
                want[r - n_past, h] = (e / total) @ pv[at, h // group]
        # Q, K, V and the probabilities are rounded to halves (2^-11 each) or K and V to 8 bits (1/254 of the largest of 32).
        self.close(name, got, want, 0.02 if any_type else 4e-3)
        by.array[...] = np.nan
        args.n_splits = 2
        self.run(name, (len(items), n_kv * args.n_chunks, 2), threads, args, extra)
        self.run("attention_merge", (n, n_heads), 256, args, extra) if n_past == 0 else self.merge_rows(args, extra, n, n_heads, n_past)
        assert by.array.reshape(n, n_heads, dv)[n_past:].tobytes() == got.tobytes(), f"{name}: split, it has other bits"
        if args.n_chunks > 1 or (not any_kernel and (dk != dv or soft_cap)): return  # there "heads" is launched for rows, too
        # The last row alone, from what "heads" would have been given, with its place in the state wiped out.
        kept = kc.array.copy(), vc.array.copy(), bq.array.copy()
        bq.array[-1] = raw[0][-1]; bk.array[...] = raw[1]; bv.array[...] = raw[2]
        self.wipe(kc, vc, table, n - 1, n_kv, dk, dv, any_type)
        by.array[...] = np.nan; bitems.array[0] = (n - 1, 1); bm.array[-1] = n - 1
        qo, mo = buffers(np.zeros((n, n_heads * dv), np.int8), np.zeros((n, n_heads * dv // 32), np.uint64))
        args.fused, args.heads = 1, heads_args
        if dv % 32 == 0: args.to = Quantized(qo.ptr, mo.ptr, n_heads * dv)
        extra += [bk, bv, br, bn, qo, mo]
        by_row = dk == dv and not soft_cap and (any_type or not any_kernel)  # one type of state, known to the kernel
        if by_row: name, threads = f"attention_row_{'q8_' if any_type else ''}{dv}", 32 * (dv // 32 if dv % 32 == 0 else dv // 16)
        self.run(name, (1, n_kv, 2), threads, args, extra)
        assert kc.array.tobytes() == kept[0].tobytes() and vc.array.tobytes() == kept[1].tobytes(), f"{name}: fused, the state differs"
        self.launch("attention_merge", (n, n_heads), 256, args, extra); self.n += 1
        # The same bits on a GPU. The harness adds in another order where a matrix product's C is a constant, as it is here, so
        # that probabilities may round to other halves: 2^-10 of each, which add up to no more than one.
        self.close(f"{name}: fused", by.array[-1].reshape(got[-1].shape), got[-1], 2 ** -10 * np.abs(pv).max() / np.abs(got[-1]).max())
        merged = by.array[-1].tobytes()
        if args.to.q is None: return
        quants = [a.tobytes() for a in quantize(by.array[-1:])]
        assert [qo.array[-1].tobytes(), mo.array[-1].tobytes()] == quants, f"{name}: quants of the merged row"
        if not by_row: return
        args.n_splits = 1
        for y in (by.ptr, None):  # the kernel makes the quants itself; the floats are not always wanted
            by.array[...] = np.nan; qo.array[...] = 0; mo.array[...] = 0; args.y.base = y
            self.run(name, (1, n_kv, 1), threads, args, extra)
            assert [qo.array[-1].tobytes(), mo.array[-1].tobytes()] == quants, f"{name}: quants of the row"
            same = by.array[-1].tobytes() == merged if y else np.isnan(by.array).all()
            assert same, f"{name}: one split, other bits"

    @staticmethod
    def wipe(kc, vc, table, position, n_kv, dk, dv, any_type):
        """Something else than was written, where the position's K and V (not scales) lie."""
        size = 1 if any_type else 2
        for cache, fast in ((kc, False), (vc, True)):
            d = dv if fast else dk
            block = cache.array.reshape(-1, cache.array.size // (cache.array.size // (n_kv * 32 * d * size + (n_kv * 32 * (d // 32) * 2 if any_type else 0))))
            part = block[table[position // 32]][:n_kv * 32 * d * size]
            if fast: part.reshape(n_kv, d, 32, size)[:, :, position % 32] = 1
            else: part.reshape(n_kv, 32, d, size)[:, position % 32] = 1

    def merge_rows(self, args, extra, n, n_heads, n_past):
        by = next(b for b in extra if b.ptr == args.y.base)
        self.launch("attention_merge", (n, n_heads), 256, args, extra)
        self.n += 1
        return by


def main():
    p = argparse.ArgumentParser()
    p.add_argument("code_object"); p.add_argument("-k", default=""); p.add_argument("--orders", type=int, default=3)
    a = p.parse_args()
    t = Tests(a.code_object, ["fwd", "rev", 7][:a.orders])
    todo = {"probes": t.probes, "quantize": t.quantize, "norm": lambda: t.norm(False), "norm_quantize": lambda: t.norm(True)}
    for name in ("gated", "unary", "binary", "select_rows"): todo[name] = lambda name=name: t.element(name)
    for kind in ("f16", "bf16", "f32"):
        for gated in (False, True): todo[f"float {'gated ' if gated else ''}{kind}"] = lambda k=kind, g=gated: t.float_matmul(k, g)
    for name in FORMATS:
        for gated in (False, True): todo[f"matmul {'gated ' if gated else ''}{name}"] = lambda n=name, g=gated: t.matmul(n, g)
    for first in ("q4_k", "q5_k"): todo[f"matmul pair {first}_q6_k"] = lambda f=first: t.matmul(f, False, "q6_k")
    todo |= {"top_k": t.top_k, "draw": t.draw, "peak": t.peaks, "moe router": t.router, "moe group": t.groups, "moe gather": t.gather,
             "moe sum": t.experts_sum}
    for name in FORMATS: todo[f"experts {name}"] = lambda n=name: t.experts(n)
    todo["experts many"] = lambda: t.experts("q4_k", n_out=160, n_rows=36, n_experts=2)  # more than a workgroup's tiles and rows
    for dk, dv in ((32, 32), (64, 64), (80, 80), (96, 96), (128, 128), (256, 256), (192, 128)):
        for any_type in (False, True):
            if any_type and (dk % 32 or dv % 32): continue
            todo[f"attention {dk} {dv} {'q8_0' if any_type else 'f16'}"] = lambda k=dk, v=dv, t8=any_type: t.sequence(k, v, t8, 130, 5)
    todo["attention from 0"] = lambda: t.sequence(64, 64, False, 0, 37, interleaved=1)
    todo["attention window"] = lambda: t.sequence(64, 64, False, 290, 4, window=50)
    todo["attention sinks"] = lambda: t.sequence(64, 64, False, 40, 3, sinks=True)
    todo["attention cap"] = lambda: t.sequence(64, 64, False, 40, 3, sinks=True, soft_cap=3.0)
    todo["attention 20 heads a group"] = lambda: t.sequence(64, 64, False, 33, 2, n_heads=20, n_kv=1)
    todo["attention any 80"] = lambda: t.sequence(80, 80, False, 40, 3, any_kernel=True)  # q8_0 has no heads of 80
    failed = 0
    for name, test in todo.items():
        if a.k not in name: continue
        begin = time.time()
        try: test(); print(f"ok      {name}  {time.time() - begin:.1f} s", flush=True)
        except Exception as e: failed += 1; print(f"FAILED  {name}: {type(e).__name__}: {e}", flush=True)
    missed = sorted(set(t.co.kernels) - t.launched)
    if missed and not a.k: failed += 1; print(f"FAILED  every kernel: no test launched {', '.join(missed)}")
    print(f"{t.n} launches in {len(t.orders)} orders of waves each, {failed} failed")
    sys.exit(failed != 0)


main()
