"""llama.cpp, from the shared library of the npm package node-llama-cpp, as a line server.

The JavaScript interface takes text only; this takes bytes, and reaches BOS, EOS and single tokens.
Reads JSON lines, answers each with one:
  {"model": "vocab.gguf"}                                    -> {"bos": id, "eos": id, "eot": id, ...}
  {"base64": "...", "add_special": b, "parse_special": b}    -> [ids]
  {"piece": id, "special": b}                                -> "base64"
Usage: llama_peer.py LIBLLAMA.so
"""
import base64
import ctypes
import json
import sys

from llama_structs import ModelParams


class Llama:
    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        self.lib.llama_model_default_params.restype = ModelParams
        self.lib.llama_model_load_from_file.restype = ctypes.c_void_p
        self.lib.llama_model_load_from_file.argtypes = [ctypes.c_char_p, ModelParams]
        self.lib.llama_model_get_vocab.restype = ctypes.c_void_p
        self.lib.llama_model_get_vocab.argtypes = [ctypes.c_void_p]
        vocab = [ctypes.c_void_p]
        self.lib.llama_tokenize.argtypes = vocab + [
            ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_int32), ctypes.c_int32,
            ctypes.c_bool, ctypes.c_bool]
        self.lib.llama_token_to_piece.argtypes = vocab + [
            ctypes.c_int32, ctypes.c_char_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_bool]
        for name in ("bos", "eos", "eot", "get_add_bos", "get_add_eos", "n_tokens"):
            getattr(self.lib, "llama_vocab_" + name).argtypes = vocab
        for name in ("get_add_bos", "get_add_eos", "is_eog"):
            getattr(self.lib, "llama_vocab_" + name).restype = ctypes.c_bool
        for name in ("is_eog", "get_attr"):
            getattr(self.lib, "llama_vocab_" + name).argtypes = vocab + [ctypes.c_int32]
        callback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
        self.quiet = callback(lambda level, text, data: None)
        self.lib.llama_log_set(self.quiet, None)
        self.vocab = None

    def load(self, path):
        params = self.lib.llama_model_default_params()
        params.vocab_only = True
        model = self.lib.llama_model_load_from_file(path.encode(), params)
        if not model:
            raise RuntimeError("llama.cpp cannot load " + path)
        self.vocab = self.lib.llama_model_get_vocab(model)
        get = lambda name: getattr(self.lib, "llama_vocab_" + name)(self.vocab)
        ids = range(get("n_tokens"))
        return {
            "bos": get("bos"), "eos": get("eos"), "eot": get("eot"),
            "add_bos": get("get_add_bos"), "add_eos": get("get_add_eos"),
            "eog": [i for i in ids if self.lib.llama_vocab_is_eog(self.vocab, i)],
        }

    def tokenize(self, data, add_special, parse_special):
        room = 4 * len(data) + 8  # a byte may become U+FFFD, one token for each of its three
        ids = (ctypes.c_int32 * room)()
        count = self.lib.llama_tokenize(self.vocab, data, len(data), ids, room, add_special,
                                        parse_special)
        if count < 0:
            raise RuntimeError("llama_tokenize answered %d" % count)
        return ids[:count]

    def piece(self, token, special):
        buffer = ctypes.create_string_buffer(1 << 16)
        count = self.lib.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, special)
        return buffer.raw[:count]


def main():
    llama = Llama(sys.argv[1])
    for line in sys.stdin:
        request = json.loads(line)
        if "model" in request:
            answer = llama.load(request["model"])
        elif "base64" in request:
            answer = llama.tokenize(base64.b64decode(request["base64"]), request["add_special"],
                                    request["parse_special"])
        else:
            answer = base64.b64encode(llama.piece(request["piece"], request["special"])).decode()
        print(json.dumps(answer, separators=(",", ":")), flush=True)


main()
