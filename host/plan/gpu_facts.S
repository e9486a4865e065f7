// The table of the GPU packs' kernels, in read-only data.
  .section .rodata
  .global forge_gpu_facts_begin
  .hidden forge_gpu_facts_begin
  .global forge_gpu_facts_end
  .hidden forge_gpu_facts_end
forge_gpu_facts_begin:
  .incbin FORGE_GPU_FACTS
forge_gpu_facts_end:
  .section .note.GNU-stack,"",%progbits
