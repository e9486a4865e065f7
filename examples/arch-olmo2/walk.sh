# From sources to logits. rocmforge is on the PATH and, where it is not installed in /usr or
# /usr/local, its prefix in CMAKE_PREFIX_PATH.
cmake -B build -DCMAKE_BUILD_TYPE=Release
cmake --build build

# A tiny model with random weights, and what the file holds
build/olmo2_test write tiny.gguf
rocmforge inspect tiny.gguf

# Its logits, compared with a computation that shares no code with the program
rocmforge logits tiny.gguf --plugin-path build/plugins --k-type f32 --v-type f32 --out logits.f32 \
  --tokens 1,75,104,111,111,114,259,122,114,117,111,103,36,13,258,0,77,259,259,200,3,99,42,5
build/olmo2_test compare logits.f32 2e-5

# Text; random weights have nothing to say
rocmforge run -m tiny.gguf --plugin-path build/plugins --raw -p hello -n 8
