"""llama.cpp's library through ctypes: opening it, models and contexts."""
import ctypes
import os
import sys

from llama_structs import Batch, ContextParams, ModelParams

LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
QUIET = LOG(lambda level, text, data: None)


def open_library(path):
    folder = os.path.dirname(path)
    ctypes.CDLL(os.path.join(folder, "libggml-base.so")).ggml_log_set(QUIET, None)
    ggml = ctypes.CDLL(os.path.join(folder, next(f for f in os.listdir(folder) if f.startswith("libggml.v"))))
    ggml.ggml_backend_load_all_from_path.argtypes = [ctypes.c_char_p]
    ggml.ggml_backend_load_all_from_path(folder.encode())
    lib = ctypes.CDLL(path)
    pointer = ctypes.c_void_p
    for name, result, arguments in (
            ("llama_model_default_params", ModelParams, []),
            ("llama_model_load_from_file", pointer, [ctypes.c_char_p, ModelParams]),
            ("llama_context_default_params", ContextParams, []),
            ("llama_init_from_model", pointer, [pointer, ContextParams]),
            ("llama_model_get_vocab", pointer, [pointer]),
            ("llama_vocab_n_tokens", ctypes.c_int32, [pointer]),
            ("llama_batch_init", Batch, [ctypes.c_int32] * 3),
            ("llama_batch_free", None, [Batch]),
            ("llama_decode", ctypes.c_int32, [pointer, Batch]),
            ("llama_synchronize", None, [pointer]),
            ("llama_get_memory", pointer, [pointer]),
            ("llama_memory_clear", None, [pointer, ctypes.c_bool]),
            ("llama_get_logits_ith", pointer, [pointer, ctypes.c_int32])):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    lib.llama_log_set(QUIET, None)
    return lib


def load_model(lib, path):
    params = lib.llama_model_default_params()
    params.n_gpu_layers = 0
    model = lib.llama_model_load_from_file(path.encode(), params)
    if not model:
        sys.exit("llama.cpp cannot load " + path)
    return model


def make_context(lib, model, n_ctx, threads):
    params = lib.llama_context_default_params()
    params.n_ctx = params.n_batch = n_ctx
    params.n_ubatch = 512
    params.n_threads = params.n_threads_batch = threads
    context = lib.llama_init_from_model(model, params)
    if not context:
        sys.exit("llama.cpp makes no context")
    return context
