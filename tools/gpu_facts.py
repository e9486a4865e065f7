#!/usr/bin/env python3
"""Facts of the GPU packs' machine code, read from the code objects: no GPU is needed.

  gpu_facts.py --clang clang++-19 FILE.hsaco...             prints the table
  gpu_facts.py --clang clang++-19 --check TABLE FILE...     compares with a table that was kept; exit status 1 if it differs
  gpu_facts.py --clang clang++-19 --estimate FILE...        what a product would take on some cards, as Markdown

Columns of the table (tabs between them):
  vgprs sgprs lds scratch   as the compiler says; scratch (bytes a lane) has to be 0: registers that did not fit
  flat                      accesses of which the compiler does not know what memory they go to; has to be 0: they are slow
  waves                     that fit a SIMD at a time, of 16: limited by registers and LDS
  loop                      instructions of the inner loop: the innermost one with most products, else the largest
  matrix dot valu salu lds_ops loads stores   of which
  bytes                     that the loop's loads bring, a wave
Another compiler makes other code, so the table names the compiler and the comparison needs the same one; with another one
--check looks for scratch only and says so.
"""
import argparse, os, re, subprocess, sys

# Compute units, GHz, GB/s, and cycles of a SIMD for one 16x16x16 product of int8: AMD's data sheets; two SIMDs a unit.
CARDS = {"gfx1100": {"RX 7900 XT": (84, 2.394, 800), "RX 7900 XTX": (96, 2.5, 960)},
         "gfx1201": {"RX 9070 XT": (64, 2.97, 640), "R9700": (64, 2.92, 640)}}
MATRIX_CYCLES = {"gfx1100": 32, "gfx1201": 8}
HALF_CYCLES = {"gfx1100": 32, "gfx1201": 16}  # of halves; of E4M3 as of int8
COLUMNS = ["vgprs", "sgprs", "lds", "scratch", "flat", "waves", "loop", "matrix", "dot", "valu", "salu", "lds_ops", "loads", "stores",
           "bytes"]
WIDTH = {"b128": 16, "b96": 12, "b64": 8, "b32": 4, "b16": 2, "u16": 2, "i16": 2, "u8": 1, "i8": 1}


def tool(clang, name):
    """The tool that belongs to the compiler: clang++-19 -> llvm-objdump-19, or the one beside it."""
    suffix = re.search(r"-\d+$", clang)
    beside = os.path.join(os.path.dirname(os.path.realpath(subprocess.check_output(
        ["sh", "-c", f"command -v {clang}"], text=True).strip())), name)
    return beside if os.path.exists(beside) else name + (suffix.group(0) if suffix else "")


def metadata(clang, path):
    """Name -> counts, from the notes of the code object."""
    text = subprocess.check_output([tool(clang, "llvm-readelf"), "--notes", path], text=True)
    kernels, now = {}, {}
    for line in text.splitlines():
        if re.match(r"  - \.", line) or re.match(r"\s+- \.args", line): now = {}
        m = re.match(r"(?:  - |    )\.(\w+):\s+(\S+)", line)
        if not m: continue
        now[m.group(1)] = m.group(2)
        if m.group(1) == "wavefront_size": kernels[now["name"]] = now
    return kernels


def code(clang, path):
    """Name -> [(address, instruction, operands)]."""
    text = subprocess.check_output([tool(clang, "llvm-objdump"), "-d", "--no-show-raw-insn", path], text=True)
    functions, now = {}, None
    for line in text.splitlines():
        if m := re.match(r"[0-9a-f]+ <(\w+)>:", line): now = functions.setdefault(m.group(1), [])
        elif m := re.match(r"\s+(\w+)\s*(.*?)\s*//\s*([0-9A-F]+):", line): now.append((int(m.group(3), 16), m.group(1), m.group(2)))
    return functions


def kind(name):
    if "wmma" in name: return "matrix"
    if name.startswith("v_dot"): return "dot"
    if name.startswith("ds_"): return "lds_ops"
    if re.match(r"(global|flat|buffer|scratch)_(load|atomic)", name): return "loads"
    if re.match(r"(global|flat|buffer|scratch)_store", name): return "stores"
    if name.startswith("v_"): return "valu"
    return "salu" if name.startswith("s_") else "other"


def loops(body):
    """(first, last) of the instructions of every loop: what a branch back encloses."""
    at = {address: i for i, (address, _, _) in enumerate(body)}
    found = []
    for i, (address, name, operands) in enumerate(body):
        if not name.startswith(("s_cbranch", "s_branch")): continue
        offset = int(operands.split()[0]) if re.match(r"\d+", operands) else None
        if offset is None: continue
        target = address + 4 + 4 * (offset - 65536 if offset > 32767 else offset)
        if target <= address and target in at: found.append((at[target], i))
    return found


def inner_loop(body):
    best, best_key = None, None
    all_loops = loops(body)
    for first, last in all_loops:
        inside = [l for l in all_loops if l != (first, last) and first <= l[0] and l[1] <= last]
        names = [n for _, n, _ in body[first:last + 1]]
        products = sum(kind(n) in ("matrix", "dot") for n in names)
        # Loops inside do the work unless what they do not hold of the products is more.
        inner = max((sum(kind(n) in ("matrix", "dot") for _, n, _ in body[a:b + 1]) for a, b in inside), default=0)
        key = (products - inner, -len(names) if products else len(names))
        if best is None or key > best_key: best, best_key = (first, last), key
    return body[best[0]:best[1] + 1] if best else []


def waves(vgprs, lds, threads):
    by_registers = min(16, 1536 // (-(-max(vgprs, 1) // 24) * 24))
    if lds == 0: return by_registers
    groups = 131072 // (-(-lds // 1024) * 1024)  # of the 128 KiB that four SIMDs share
    return min(by_registers, max(1, groups * -(-threads // 32) // 4))


def facts(clang, path):
    rows = {}
    functions = code(clang, path)
    for name, data in sorted(metadata(clang, path).items()):
        loop = inner_loop(functions[name])
        counts = dict.fromkeys(COLUMNS, 0)
        for _, instruction, _ in loop:
            if kind(instruction) in counts: counts[kind(instruction)] += 1
            if kind(instruction) == "loads": counts["bytes"] += 32 * WIDTH.get(instruction.split("_")[-1], 4)
        counts["flat"] = sum(i.startswith("flat_") for _, i, _ in functions[name])
        vgprs, lds = int(data["vgpr_count"]), int(data["group_segment_fixed_size"])
        counts.update(vgprs=vgprs, sgprs=int(data["sgpr_count"]), lds=lds, scratch=int(data["private_segment_fixed_size"]),
                      waves=waves(vgprs, lds, int(data["max_flat_workgroup_size"])), loop=len(loop))
        rows[name] = counts
    return rows


def table(clang, paths):
    version = subprocess.check_output([clang, "--version"], text=True).splitlines()[0]
    version = re.search(r"version (\S+)", version).group(1)
    lines = ["# compiler " + re.sub(r"\+.*|~.*", "", version), "target\tkernel\t" + "\t".join(COLUMNS)]
    for path in paths:
        target = os.path.basename(path).split(".")[0]
        for name, row in facts(clang, path).items():
            lines.append(f"{target}\t{name}\t" + "\t".join(str(row[c]) for c in COLUMNS))
    return lines


def check(kept, now):
    failed = [f"{line.split(chr(9))[0]} {line.split(chr(9))[1]} uses scratch memory: registers did not fit"
              for line in now[2:] if line.split("\t")[2 + COLUMNS.index("scratch")] != "0"]
    failed += [f"{line.split(chr(9))[0]} {line.split(chr(9))[1]} has flat accesses: read pointers out of the arguments before anything is written"
               for line in now[2:] if line.split("\t")[2 + COLUMNS.index("flat")] != "0"]
    if kept[0] != now[0]:
        print(f"compared for scratch and flat accesses only: the table is of {kept[0][11:]}, this is {now[0][11:]}")
        return failed
    old, new = ({tuple(l.split("\t")[:2]): l for l in lines[2:]} for lines in (kept, now))
    targets = {key[0] for key in new}
    for key in sorted(set(old) | set(new)):
        if key[0] not in targets or old.get(key) == new.get(key): continue
        failed.append(f"{key[0]} {key[1]}: kept {(old.get(key) or 'nothing').split(chr(9), 2)[-1].replace(chr(9), ' ')}, "
                      f"now {(new.get(key) or 'nothing').split(chr(9), 2)[-1].replace(chr(9), ' ')}")
    return failed


def estimate(clang, paths):
    """Products of a 4096 x 4096 matrix: one row against the memory, 512 rows against the SIMDs. Issue: one vector
    instruction a cycle and SIMD; a matrix product takes MATRIX_CYCLES, of halves
    HALF_CYCLES."""
    print("| card | kernel | weights MB | memory µs | issue µs | limit |\n|---|---|---:|---:|---:|---|")
    bits = {"q8_0": 8.5, "q4_0": 4.5, "q4_1": 5, "q5_0": 5.5, "q5_1": 6, "q2_k": 2.625, "q3_k": 3.5625, "q4_k": 4.625,
            "q5_k": 5.625, "q6_k": 6.5625, "iq4_nl": 4.5, "iq4_xs": 4.3125, "mxfp4": 4.25}
    n = 4096 * 4096
    for path in paths:
        target = os.path.basename(path).split(".")[0]
        rows = facts(clang, path)
        for card, (units, ghz, gbs) in CARDS.get(target, {}).items():
            for form, width in bits.items():
                size = n * width / 8
                for kernel, batch in (("gemv", 1), ("gemm", 512), ("half_gemm", 512), ("fp8_gemm", 512)):
                    row = rows.get(f"{kernel}_{form}")
                    if row is None: continue
                    # Products of the loop, a wave: a dot is 4 for each of 32 lanes, a matrix product 16 x 16 x 16.
                    products = row["dot"] * 128 + row["matrix"] * 4096
                    cycles = row["valu"] + row["dot"] + row["matrix"] * (HALF_CYCLES if kernel == "half_gemm" else MATRIX_CYCLES)[target]
                    issue = n * batch / products * cycles / (units * 2 * ghz * 1e3)
                    memory = size / gbs / 1e3
                    print(f"| {card} | {kernel}_{form} | {size / 1e6:.1f} | {memory:.1f} | {issue:.1f} | "
                          f"{'memory' if memory > issue else 'issue'} |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("files", nargs="+"); p.add_argument("--clang", default="clang++-19")
    p.add_argument("--check"); p.add_argument("--estimate", action="store_true")
    a = p.parse_args()
    if a.estimate: return estimate(a.clang, a.files)
    now = table(a.clang, a.files)
    if not a.check: return print("\n".join(now))
    failed = check(open(a.check).read().splitlines(), now)
    for line in failed: print(line)
    print(f"{len(now) - 2} kernels, {len(failed)} differ" + (f"; if that is meant, write the table again: "
          f"tools/gpu_facts.py FILE... > {a.check}" if failed else ""))
    sys.exit(1 if failed else 0)


main()
