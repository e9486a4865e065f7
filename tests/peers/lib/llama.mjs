// llama.cpp as the npm package node-llama-cpp ships it.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(import.meta.url);
const packageFolder = () => path.join(path.dirname(require.resolve('node-llama-cpp')), '..');

// The release of llama.cpp that the package was built from.
export function llamaRelease() {
  return JSON.parse(fs.readFileSync(path.join(packageFolder(), 'llama', 'llama.cpp.info.json'), 'utf8')).tag;
}

// Path of its shared library for the CPU.
export function libllama() {
  const platform = `linux-${process.arch}`;
  const bins = path.join(packageFolder(), '..', '@node-llama-cpp', platform, 'bins', platform);
  return path.join(bins, fs.readdirSync(bins).find((file) => /^libllama\.v.*\.so$/.test(file)));
}
