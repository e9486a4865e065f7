"""Speed of llama.cpp, from the shared library of the npm package node-llama-cpp.

Usage: llama_speed.py LIBLLAMA.so MODEL.gguf THREADS REPETITIONS TEST...
TEST is pp512 (a prompt of 512 tokens, read at once) or tg64 (64 tokens, one after the other); "@8192" behind it: after
8192 tokens that are not timed. Prints a JSON object: {"pp512": [tokens per second, ...], ...}. Each test runs once more before, to warm up.
"""
import json
import os
import sys
import time

from llama_library import make_context, open_library, load_model


def batch_of(lib, tokens, first_position):
    batch = lib.llama_batch_init(len(tokens), 0, 1)
    batch.n_tokens = len(tokens)
    for i, token in enumerate(tokens):
        batch.token[i], batch.pos[i], batch.n_seq_id[i] = token, first_position + i, 1
        batch.seq_id[i][0] = 0
        batch.logits[i] = i + 1 == len(tokens)
    return batch


def decode(lib, context, batch):
    if lib.llama_decode(context, batch) != 0:
        sys.exit("llama_decode failed")
    lib.llama_synchronize(context)


def parse(test):
    name, _, depth = test.partition("@")
    return name[:2], int(name[2:]), int(depth or 0)


def measure(lib, context, test, n_vocab):
    kind, n, depth = parse(test)
    tokens = [(i * 7919 + 13) % n_vocab for i in range(depth + n)]
    before = [batch_of(lib, tokens[i:min(i + 512, depth)], i) for i in range(0, depth, 512)]
    batches = [batch_of(lib, tokens[depth:], depth)] if kind == "pp" else [
        batch_of(lib, [token], depth + i) for i, token in enumerate(tokens[depth:])]
    lib.llama_memory_clear(lib.llama_get_memory(context), True)
    for batch in before:
        decode(lib, context, batch)
    start = time.perf_counter()
    for batch in batches:
        decode(lib, context, batch)
    seconds = time.perf_counter() - start
    for batch in before + batches:
        lib.llama_batch_free(batch)
    return n / seconds


def main():
    lib = open_library(sys.argv[1])
    model = load_model(lib, sys.argv[2])
    threads, repetitions, tests = int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]
    context = make_context(lib, model, max(sum(parse(test)[1:]) for test in tests), threads)
    n_vocab = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    rates = {test: [measure(lib, context, test, n_vocab) for _ in range(repetitions + 1)][1:] for test in tests}
    print(json.dumps(rates), flush=True)
    os._exit(0)


main()
