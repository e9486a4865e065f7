// The demo model's bytes, in read-only data.
  .section .rodata
  .balign 64
  .global forge_demo_model_begin
  .hidden forge_demo_model_begin
  .global forge_demo_model_end
  .hidden forge_demo_model_end
forge_demo_model_begin:
  .incbin FORGE_DEMO_MODEL
forge_demo_model_end:
  .balign 64
  .section .note.GNU-stack,"",%progbits
