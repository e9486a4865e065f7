#!/usr/bin/env python3
"""Makes the small vocabularies of the tokenizer tests from corpus.txt: GGUF files without tensors.

  bpe.gguf          byte-level BPE: 256 bytes, merges, special tokens of every kind
  spm.gguf          SentencePiece-style: characters and pieces with scores, byte tokens
  spm_phrases.gguf  the same with tokens that span words

Usage: make_vocabularies.py [--out FOLDER] [--set KEY=JSON ...] [--json]
--set replaces or adds a metadata key of every file (a string, number or boolean), or removes it (null);
the tests' recorder makes its variants so. --json prints the metadata, too. Needs nothing but Python.
"""
import argparse
import collections
import json
import pathlib
import re
import struct

HERE = pathlib.Path(__file__).parent
NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = 1, 2, 3, 4, 5, 6
SPACE = "\u2581"


def byte_alphabet():
    """GPT-2's characters for the 256 bytes."""
    own = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in own]
    return {**{b: chr(b) for b in own}, **{b: chr(256 + i) for i, b in enumerate(others)}}


def train(words, count, stop=lambda a, b: False):
    """Byte pair encoding: joins the most frequent pair of neighbours, `count` times.

    words: {tuple of symbols: frequency}. Ties go to the pair that sorts first. -> [(left, right)]
    """
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for word, frequency in words.items():
            for pair in zip(word, word[1:]):
                if not stop(*pair):
                    pairs[pair] += frequency
        if not pairs:
            break
        best = min(pairs, key=lambda p: (-pairs[p], p))
        merges.append(best)
        merged = {}
        for word, frequency in words.items():
            out, i = [], 0
            while i < len(word):
                if word[i:i + 2] == best:
                    out.append(best[0] + best[1])
                    i += 2
                else:
                    out.append(word[i])
                    i += 1
            merged[tuple(out)] = merged.get(tuple(out), 0) + frequency
        words = merged
    return merges


def bpe(corpus):
    alphabet = byte_alphabet()
    pieces = re.findall(r"'(?:[stmd]|ll|ve|re)| ?[^\W\d_]+|\d| ?[^\s\w]+|\s+(?!\S)|\s+", corpus)
    words = collections.Counter(
        tuple(alphabet[b] for b in piece.encode()) for piece in pieces)
    merges = train(dict(words), 700)
    tokens = list(alphabet.values()) + list(dict.fromkeys(a + b for a, b in merges))
    types = [NORMAL] * len(tokens)
    special = [
        ("<|begin|>", CONTROL), ("<|endoftext|>", CONTROL), ("<|im_start|>", CONTROL),
        ("<|im_end|>", CONTROL), ("<|fim_prefix|>", USER_DEFINED), ("<|fim_pad|>", NORMAL),
        ("<|eot_id|>", NORMAL), ("<think>", USER_DEFINED), ("</think>", USER_DEFINED),
        ("<unk>", UNKNOWN), ("</s>", NORMAL), ("[PAD]", UNUSED), ("<|a|>", CONTROL),
        ("<|b|>", CONTROL), ("<|a|><|b|>", CONTROL), ("|><|", CONTROL), ("    ", USER_DEFINED),
        ("<mask>", CONTROL), ("\u00e9\u00e9", USER_DEFINED), ("<|channel|>", CONTROL), ("", NORMAL),
        ("<0x41>", BYTE), ("[unused7]", UNUSED), ("<s>", CONTROL),
    ]
    ids = {text: len(tokens) + i for i, (text, _) in enumerate(special)}
    return {
        "general.architecture": "qwen2",
        "general.name": "tokenizer test, byte-level BPE",
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "qwen2",
        "tokenizer.ggml.tokens": tokens + [text for text, _ in special],
        "tokenizer.ggml.token_type": types + [kind for _, kind in special],
        "tokenizer.ggml.merges": [a + " " + b for a, b in merges],
        "tokenizer.ggml.bos_token_id": ids["<|begin|>"],
        "tokenizer.ggml.eos_token_id": ids["<|endoftext|>"],
    }


def spm(corpus, phrases):
    words = collections.Counter(
        tuple(SPACE + word) for line in corpus.split("\n") for word in line.split(" ") if word)
    merges = train(dict(words), 600, stop=lambda a, b: b.startswith(SPACE))
    characters = sorted({c for word in words for c in word}, key=lambda c: (-corpus.count(c), c))
    special = [("<unk>", UNKNOWN, 0.0), ("<s>", CONTROL, 0.0), ("</s>", CONTROL, 0.0)]
    special += [(f"<0x{b:02X}>", BYTE, 0.0) for b in range(256)]
    joined = dict.fromkeys([SPACE * n for n in (2, 4, 8)] + [a + b for a, b in merges])
    pieces = [(text, NORMAL, -float(rank)) for rank, text in enumerate(joined)]
    if phrases:
        pieces += [(f"{SPACE}of{SPACE}the", NORMAL, -1.5), (f"e{SPACE}", NORMAL, -2.5),
                   (f".{SPACE}The", NORMAL, -700.0), (f"{SPACE}in{SPACE}", NORMAL, -3.0)]
    # A score that others have too, and a piece whose parts are no tokens.
    pieces += [("ie", NORMAL, -5.0), ("ei", NORMAL, -5.0), ("\u05d0\u05d1", NORMAL, -6.0)]
    pieces += [(c, NORMAL, -1000.0 - rank) for rank, c in enumerate(characters)
               if c not in "\u05d0\u05d1"]
    pieces += [("[INST]", USER_DEFINED, 0.0), ("[/INST]", USER_DEFINED, 0.0),
               ("  ", USER_DEFINED, 0.0), ("<|user|>", CONTROL, 0.0), ("<mask>", CONTROL, 0.0),
               ("<|endoftext|>", CONTROL, 0.0)]
    table = list({text: (text, kind, score) for text, kind, score in special + pieces}.values())
    return {
        "general.architecture": "llama",
        "general.name": "tokenizer test, SentencePiece style",
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.pre": "default",
        "tokenizer.ggml.tokens": [text for text, _, _ in table],
        "tokenizer.ggml.scores": [score for _, _, score in table],
        "tokenizer.ggml.token_type": [kind for _, kind, _ in table],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
    }


def gguf_string(text):
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def gguf_value(value):
    """Type and value: strings, u32, f32 and booleans, and lists of strings, i32 or f32."""
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + gguf_string(value)
    kind, pack = {str: (8, gguf_string), int: (5, lambda v: struct.pack("<i", v)),
                  float: (6, lambda v: struct.pack("<f", v))}[type(value[0])]
    return struct.pack("<IIQ", 9, kind, len(value)) + b"".join(map(pack, value))


def write_gguf(path, metadata):
    body = b"".join(gguf_string(key) + gguf_value(value) for key, value in metadata.items())
    data = struct.pack("<4sIQQ", b"GGUF", 3, 0, len(metadata)) + body
    path.write_bytes(data + b"\0" * (-len(data) % 32))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=JSON")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    changes = dict(change.split("=", 1) for change in options.set)
    corpus = (HERE / "corpus.txt").read_text(encoding="utf-8")
    files = {"bpe": bpe(corpus), "spm": spm(corpus, False), "spm_phrases": spm(corpus, True)}
    for name, metadata in files.items():
        metadata.update({key: json.loads(value) for key, value in changes.items()})
        kept = {key: value for key, value in metadata.items() if value is not None}
        write_gguf(options.out / (name + ".gguf"), kept)
    if options.json:
        print(json.dumps(files))


main()
