// A library, but no plugin: it has no entry.
extern "C" int unrelated() { return 42; }
