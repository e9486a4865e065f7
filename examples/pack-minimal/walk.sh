# From sources to an answer. rocmforge is on the PATH and, where it is not installed in /usr or
# /usr/local, its prefix in CMAKE_PREFIX_PATH.
cmake -B build -DCMAKE_BUILD_TYPE=Release
cmake --build build

# The pack by itself
build/pack_test

# Is it found, is it accepted?
rocmforge plugins --plugin-path build/plugins

# The demo model with it; the log says which node runs where, and why not here
rocmforge run -p 'Hello!' -n 8 --pack pack-minimal --plugin-path build/plugins --log-level graph=info

# Which kernel every node got
rocmforge run -p 'Hello!' -n 8 --pack pack-minimal --plugin-path build/plugins --log-level graph=debug

# Every op, type and odd shape it accepts, against the reference executor
rocmforge conformance pack-minimal --plugin-path build/plugins --op norm
