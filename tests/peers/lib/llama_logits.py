"""Logits of llama.cpp, from the shared library of the npm package node-llama-cpp.

Usage: llama_logits.py LIBLLAMA.so MODEL.gguf ID,ID,... OUT.f32 [THREADS]
Writes f32 [n_tokens, n_vocab], row-major.
"""
import ctypes
import os
import sys

from llama_library import load_model, make_context, open_library


def main():
    lib = open_library(sys.argv[1])
    tokens = [int(t) for t in sys.argv[3].split(",")]
    model = load_model(lib, sys.argv[2])
    threads = int(sys.argv[5]) if len(sys.argv) > 5 else 2
    context = make_context(lib, model, max(2048, len(tokens)), threads)
    batch = lib.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, i, 1
        batch.seq_id[i][0] = 0
        batch.logits[i] = 1
    status = lib.llama_decode(context, batch)
    if status != 0:
        sys.exit("llama_decode answered %d" % status)
    n_vocab = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    with open(sys.argv[4], "wb") as out:
        for i in range(len(tokens)):
            out.write(ctypes.string_at(lib.llama_get_logits_ith(context, i), 4 * n_vocab))
    sys.stdout.flush()
    os._exit(0)  # its destructors at exit are none of our business


main()
