#!/usr/bin/env python3
"""Records what llama.cpp computes for the tiny model.

  record.py LIBRARY_FOLDER tiny.gguf > llama.cpp.f32

LIBRARY_FOLDER holds libllama and libggml-*, such as node_modules/@node-llama-cpp/linux-x64/bins/linux-x64
of the npm package node-llama-cpp. Tokens go in one by one; keys and values are kept as f16.
"""
import ctypes
import glob
import os
import sys

TOKENS = [1, 75, 104, 111, 111, 114, 259, 122, 114, 117, 111, 103, 36, 13, 258, 0, 77, 259, 259, 200,
          3, 99, 42, 5]


class Params(ctypes.Structure):
    """Parameter records, passed on as the library made them; more room than any version takes."""
    _fields_ = [("bytes", ctypes.c_uint64 * 64)]


class Batch(ctypes.Structure):
    """struct llama_batch, from llama_batch_get_one()."""
    _fields_ = [("n_tokens", ctypes.c_int32), ("pointers", ctypes.c_void_p * 6)]


def main():
    folder, model_path = sys.argv[1:]
    library = ctypes.CDLL(next(p for p in sorted(glob.glob(os.path.join(folder, "libllama*.so")))))
    ggml = ctypes.CDLL(next(p for p in sorted(glob.glob(os.path.join(folder, "libggml.*so")))))
    ggml.ggml_backend_load_all_from_path(folder.encode())
    for name, result in (("model_default_params", Params), ("context_default_params", Params),
                         ("model_load_from_file", ctypes.c_void_p), ("init_from_model", ctypes.c_void_p),
                         ("model_get_vocab", ctypes.c_void_p), ("batch_get_one", Batch),
                         ("get_logits_ith", ctypes.POINTER(ctypes.c_float))):
        getattr(library, "llama_" + name).restype = result
    load = library.llama_model_load_from_file
    load.argtypes = [ctypes.c_char_p, Params]
    model = ctypes.c_void_p(load(model_path.encode(), library.llama_model_default_params()))
    library.llama_init_from_model.argtypes = [ctypes.c_void_p, Params]
    context = ctypes.c_void_p(
        library.llama_init_from_model(model, library.llama_context_default_params()))
    size = library.llama_vocab_n_tokens(ctypes.c_void_p(library.llama_model_get_vocab(model)))
    library.llama_decode.argtypes = [ctypes.c_void_p, Batch]
    for token in TOKENS:
        one = (ctypes.c_int32 * 1)(token)
        if library.llama_decode(context, library.llama_batch_get_one(one, 1)) != 0:
            sys.exit("llama_decode failed")
        logits = library.llama_get_logits_ith(context, -1)
        sys.stdout.buffer.write(bytes((ctypes.c_float * size).from_address(
            ctypes.addressof(logits.contents))))


main()
