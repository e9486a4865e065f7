#!/usr/bin/python3
"""Records which types llama.cpp gives the tensors of a model when it quantizes it.

  record_mixtures.py LIBRARY_FOLDER > ../data/quantize/mixtures.txt

LIBRARY_FOLDER holds libllama and libggml-base, such as
node_modules/@node-llama-cpp/linux-x64/bins/linux-x64 of the npm package. Every model below is written
as a small GGUF file (real names and layer counts, narrow rows), quantized by llama_model_quantize, and
the types are read back. The output is what tests/unit/quantize/mixture_test.cpp compares with.
"""
import ctypes
import glob
import os
import struct
import sys
import tempfile

# name: architecture, layers, heads, KV heads, experts, embedding, feed-forward, tied, fused QKV
MODELS = {
    "llama-32": ("llama", 32, 8, 2, 0, 256, 512, False),
    "llama-16-tied": ("llama", 16, 4, 4, 0, 256, 512, True),
    "llama-80-grouped": ("llama", 80, 8, 2, 0, 256, 256, False),
    "llama-80": ("llama", 80, 4, 4, 0, 256, 256, False),
    "llama-narrow": ("llama", 9, 3, 1, 0, 96, 224, True),
    "mixtral": ("llama", 12, 8, 2, 8, 256, 256, False),
    "qwen2-24": ("qwen2", 24, 4, 2, 0, 256, 512, True),
    "qwen2-28": ("qwen2", 28, 4, 2, 0, 256, 512, False),
    "qwen2-narrow": ("qwen2", 10, 2, 1, 0, 64, 160, True),
    "qwen2-odd": ("qwen2", 4, 2, 1, 0, 80, 144, True),
    "qwen3-36": ("qwen3", 36, 4, 2, 0, 256, 512, False),
}
# name here: llama_ftype
FTYPES = {
    "F32": 0, "F16": 1, "BF16": 32, "Q8_0": 7, "Q4_0": 2, "Q4_1": 3, "Q5_0": 8, "Q5_1": 9,
    "Q6_K": 18, "Q3_K_S": 11, "Q3_K_M": 12, "Q3_K_L": 13, "Q4_K_S": 14, "Q4_K_M": 15,
    "Q5_K_S": 16, "Q5_K_M": 17,
}
TYPE_NAMES = {0: "F32", 1: "F16", 30: "BF16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0",
              10: "Q2_K", 11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 20: "IQ4_NL"}
VOCABULARY = 64


class Params(ctypes.Structure):  # llama_model_quantize_params
    _fields_ = [("nthread", ctypes.c_int32), ("ftype", ctypes.c_int32),
                ("output_tensor_type", ctypes.c_int32), ("token_embedding_type", ctypes.c_int32),
                ("allow_requantize", ctypes.c_bool), ("quantize_output_tensor", ctypes.c_bool),
                ("only_copy", ctypes.c_bool), ("pure", ctypes.c_bool), ("keep_split", ctypes.c_bool),
                ("dry_run", ctypes.c_bool), ("imatrix", ctypes.c_void_p),
                ("kv_overrides", ctypes.c_void_p), ("tt_overrides", ctypes.c_void_p),
                ("prune_layers", ctypes.c_void_p), ("max_buf_size", ctypes.c_size_t)]


def tensors_of(model):
    """[(name, [columns, rows, ...])] in file order."""
    arch, layers, heads, kv_heads, experts, width, hidden, tied = model
    head = width // heads
    out = [("token_embd.weight", [width, VOCABULARY])]
    for i in range(layers):
        p = f"blk.{i}."
        out += [(p + "attn_norm.weight", [width]), (p + "attn_q.weight", [width, heads * head]),
                (p + "attn_k.weight", [width, kv_heads * head]),
                (p + "attn_v.weight", [width, kv_heads * head]),
                (p + "attn_output.weight", [heads * head, width])]
        if arch == "qwen2":
            out += [(p + "attn_q.bias", [heads * head])]
        if arch == "qwen3":
            out += [(p + "attn_q_norm.weight", [head])]
        out += [(p + "ffn_norm.weight", [width])]
        if experts:
            out += [(p + "ffn_gate_inp.weight", [width, experts]),
                    (p + "ffn_gate_exps.weight", [width, hidden, experts]),
                    (p + "ffn_up_exps.weight", [width, hidden, experts]),
                    (p + "ffn_down_exps.weight", [hidden, width, experts])]
        else:
            out += [(p + "ffn_gate.weight", [width, hidden]), (p + "ffn_up.weight", [width, hidden]),
                    (p + "ffn_down.weight", [hidden, width])]
    out += [("output_norm.weight", [width])]
    if not tied:
        out += [("output.weight", [width, VOCABULARY])]
    return out


def string(text):
    return struct.pack("<Q", len(text)) + text.encode()


def write_model(path, model):
    arch, layers, heads, kv_heads, experts, width, hidden, _ = model
    u32 = {"block_count": layers, "context_length": 128, "embedding_length": width,
           "feed_forward_length": hidden, "attention.head_count": heads,
           "attention.head_count_kv": kv_heads, "vocab_size": VOCABULARY}
    if experts:
        u32 |= {"expert_count": experts, "expert_used_count": 2}
    pairs = [string("general.architecture") + struct.pack("<I", 8) + string(arch),
             string(f"{arch}.attention.layer_norm_rms_epsilon") + struct.pack("<If", 6, 1e-5)]
    pairs += [string(f"{arch}.{k}") + struct.pack("<II", 4, v) for k, v in u32.items()]
    tensors = tensors_of(model)
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs)) + b"".join(pairs)
    offset = 0
    data = []
    for name, shape in tensors:
        n = 1
        for d in shape:
            n *= d
        header += string(name) + struct.pack("<I", len(shape))
        header += struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", 0, offset)
        numbers = b"".join(struct.pack("<f", ((i * 7919) % 1009 - 504) / 5040) for i in range(256))
        bytes_ = (numbers * (n // 256 + 1))[:4 * n]
        bytes_ += b"\0" * (-len(bytes_) % 32)
        offset += len(bytes_)
        data.append(bytes_)
    with open(path, "wb") as f:
        f.write(header + b"\0" * (-len(header) % 32) + b"".join(data))


def read_types(path):
    """{tensor name: type number} of a GGUF file."""
    with open(path, "rb") as f:
        raw = f.read()
    at = 8

    def take(fmt):
        nonlocal at
        value = struct.unpack_from("<" + fmt, raw, at)
        at += struct.calcsize("<" + fmt)
        return value[0] if len(value) == 1 else value

    def take_string():
        nonlocal at
        n = take("Q")
        at += n
        return raw[at - n:at].decode()

    def skip(kind):
        nonlocal at
        if kind == 8:
            take_string()
        elif kind == 9:
            inner, n = take("IQ")
            for _ in range(n):
                skip(inner)
        else:
            at += {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}[kind]

    n_tensors, n_pairs = take("QQ")
    for _ in range(n_pairs):
        take_string()
        skip(take("I"))
    types = {}
    for _ in range(n_tensors):
        name = take_string()
        for _ in range(take("I")):
            take("Q")
        types[name], _ = take("IQ")
    return types


def main():
    folder = sys.argv[1]
    ctypes.CDLL(os.path.join(folder, "libggml-base.so"), mode=ctypes.RTLD_GLOBAL)
    library = ctypes.CDLL(glob.glob(os.path.join(folder, "libllama.*so"))[0])
    library.llama_model_quantize_default_params.restype = Params
    library.llama_model_quantize.argtypes = [ctypes.c_char_p, ctypes.c_char_p,
                                             ctypes.POINTER(Params)]
    quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)
    library.llama_log_set(quiet, None)
    library.llama_backend_init()

    letters = {name: chr(ord("a") + i) for i, name in enumerate(TYPE_NAMES.values())}
    print("# Recorded by tests/peers/record_mixtures.py from llama.cpp. One letter a tensor:")
    print("letters " + " ".join(f"{v}={k}" for k, v in letters.items()))
    with tempfile.TemporaryDirectory() as temporary:
        source, target = (os.path.join(temporary, n).encode() for n in ("in.gguf", "out.gguf"))
        for name, model in MODELS.items():
            write_model(source, model)
            arch, layers, heads, kv_heads, experts = model[:5]
            print(f"model {name} {arch} {layers} {heads} {kv_heads} {experts}")
            for tensor, shape in tensors_of(model):
                print("tensor", tensor, *shape)
            for mixture, number in FTYPES.items():
                params = library.llama_model_quantize_default_params()
                params.ftype, params.nthread = number, 2
                if library.llama_model_quantize(source, target, ctypes.byref(params)) != 0:
                    raise SystemExit(f"{name} {mixture}: llama_model_quantize failed")
                types = read_types(target)
                print("types", mixture,
                      "".join(letters[TYPE_NAMES[types[t]]] for t, _ in tensors_of(model)))


main()
