# From sources to a file in the new format. rocmforge is on the PATH and, where it is not installed
# in /usr or /usr/local, its prefix in CMAKE_PREFIX_PATH.
cmake -B build -DCMAKE_BUILD_TYPE=Release
cmake --build build

# The codec by itself; also writes a GGUF file with one matrix
build/q6u_test tiny.gguf

# A file in the new format, and what it holds
rocmforge quantize tiny.gguf tiny-q6u.gguf Q6_U --pure --plugin-path build/plugins
rocmforge inspect tiny-q6u.gguf --tensors --plugin-path build/plugins

# Back to numbers
rocmforge quantize tiny-q6u.gguf tiny-back.gguf F32 --plugin-path build/plugins
