// Writes GGUF v3 files: metadata, and F32 tensors (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
import fs from 'node:fs';

const TYPES = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 };

class Bytes {
  parts = [];

  number(size, write) {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.parts.push(buffer);
  }

  u32(value) { this.number(4, (b) => b.writeUInt32LE(value)); }
  u64(value) { this.number(8, (b) => b.writeBigUInt64LE(BigInt(value))); }

  // Strings may be given as bytes: a vocabulary need not be UTF-8.
  string(value) {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value, 'utf8');
    this.u64(bytes.length);
    this.parts.push(bytes);
  }

  value(type, value) {
    switch (type) {
      case 'u32': return this.u32(value);
      case 'i32': return this.number(4, (b) => b.writeInt32LE(value));
      case 'f32': return this.number(4, (b) => b.writeFloatLE(value));
      case 'bool': return this.number(1, (b) => b.writeUInt8(value ? 1 : 0));
      case 'string': return this.string(value);
      default: throw new Error(`no GGUF type '${type}'`);
    }
  }
}

const ALIGNMENT = 32, F32 = 0;
const padding = (size) => Buffer.alloc((ALIGNMENT - (size % ALIGNMENT)) % ALIGNMENT);

// entries: [[key, type, value], ...]; type is one of TYPES' names, or that with '[]' for an array.
// tensors: [{name, shape, data: Float32Array}], shape[0] the contiguous extent.
export function writeGguf(path, entries, tensors = []) {
  const out = new Bytes();
  out.parts.push(Buffer.from('GGUF'));
  out.u32(3);
  out.u64(tensors.length);
  out.u64(entries.length);
  for (const [key, type, value] of entries) {
    out.string(key);
    if (!type.endsWith('[]')) {
      out.u32(TYPES[type]);
      out.value(type, value);
      continue;
    }
    const element = type.slice(0, -2);
    out.u32(TYPES.array);
    out.u32(TYPES[element]);
    out.u64(value.length);
    for (const item of value) out.value(element, item);
  }
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    out.string(name);
    out.u32(shape.length);
    for (const extent of shape) out.u64(extent);
    out.u32(F32);
    out.u64(offset);
    offset += data.byteLength + padding(data.byteLength).length;
  }
  const head = Buffer.concat(out.parts);
  const parts = [head, padding(head.length)];
  for (const { data } of tensors)
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength), padding(data.byteLength));
  fs.writeFileSync(path, Buffer.concat(parts));
}
