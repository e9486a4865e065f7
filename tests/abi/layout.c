/* Where every field of every record of ABI 1.2 is. A record may get fields at its end in a later
 * minor (then its size here grows); nothing here ever moves within major version 1. docs/ABI.md,
 * rule 5. Compiled, never run: a line that is not true stops the build. */
#include "forge/abi/arch.h"
#include "forge/abi/base.h"
#include "forge/abi/codec.h"
#include "forge/abi/graph.h"
#include "forge/abi/host.h"
#include "forge/abi/idle.h"
#include "forge/abi/kernel_pack.h"
#include "forge/abi/limits.h"
#include "forge/abi/plugin.h"
#include "forge/abi/preflight.h"
#include "forge/abi/status.h"
#include "forge/abi/tensor.h"

#define AT(record, field, offset) \
  _Static_assert(offsetof(record, field) == (offset), #record "." #field " has moved")
#define SIZE(record, size) _Static_assert(sizeof(record) == (size), #record " has another size")

AT(forge_string, data, 0);
AT(forge_string, size, 8);
SIZE(forge_string, 16);

AT(forge_tensor_v1, struct_size, 0);
AT(forge_tensor_v1, type, 4);
AT(forge_tensor_v1, name, 8);
AT(forge_tensor_v1, shape, 24);
AT(forge_tensor_v1, n_dims, 56);
AT(forge_tensor_v1, reserved, 60);
AT(forge_tensor_v1, data, 64);
AT(forge_tensor_v1, n_bytes, 72);
SIZE(forge_tensor_v1, 80);

AT(forge_host_v1, struct_size, 0);
AT(forge_host_v1, abi_major, 4);
AT(forge_host_v1, abi_minor, 6);
AT(forge_host_v1, self, 8);
AT(forge_host_v1, log, 16);
AT(forge_host_v1, log_enabled, 24);
AT(forge_host_v1, message_set, 32);
AT(forge_host_v1, get_interface, 40);
SIZE(forge_host_v1, 48);

AT(forge_plugin_entry_v1, struct_size, 0);
AT(forge_plugin_entry_v1, abi_major, 4);
AT(forge_plugin_entry_v1, abi_minor, 6);
AT(forge_plugin_entry_v1, id, 8);
AT(forge_plugin_entry_v1, version, 16);
AT(forge_plugin_entry_v1, build, 24);
AT(forge_plugin_entry_v1, sanitizer, 32);
AT(forge_plugin_entry_v1, initialize, 40);
AT(forge_plugin_entry_v1, get_interface, 48);
AT(forge_plugin_entry_v1, self_test, 56);
AT(forge_plugin_entry_v1, shutdown, 64);
SIZE(forge_plugin_entry_v1, 72);

AT(forge_codec_v1, struct_size, 0);
AT(forge_codec_v1, type, 4);
AT(forge_codec_v1, name, 8);
AT(forge_codec_v1, block_elements, 16);
AT(forge_codec_v1, block_bytes, 20);
AT(forge_codec_v1, converts_to, 24);
AT(forge_codec_v1, n_converts_to, 32);
AT(forge_codec_v1, reserved, 36);
AT(forge_codec_v1, dequantize, 40);
AT(forge_codec_v1, quantize, 48);
SIZE(forge_codec_v1, 56);

AT(forge_plugin_codecs_v1, struct_size, 0);
AT(forge_plugin_codecs_v1, n_codecs, 4);
AT(forge_plugin_codecs_v1, codecs, 8);
SIZE(forge_plugin_codecs_v1, 16);

AT(forge_host_codecs_v1, struct_size, 0);
AT(forge_host_codecs_v1, reserved, 4);
AT(forge_host_codecs_v1, self, 8);
AT(forge_host_codecs_v1, find, 16);
SIZE(forge_host_codecs_v1, 24);

AT(forge_value_v1, struct_size, 0);
AT(forge_value_v1, type, 4);
AT(forge_value_v1, rows, 8);
AT(forge_value_v1, width, 12);
AT(forge_value_v1, parent, 16);
AT(forge_value_v1, offset, 20);
AT(forge_value_v1, arena_offset, 24);
AT(forge_value_v1, reserved, 28);
SIZE(forge_value_v1, 32);

AT(forge_state_v1, struct_size, 0);
AT(forge_state_v1, kind, 4);
AT(forge_state_v1, layer, 8);
AT(forge_state_v1, type_k, 12);
AT(forge_state_v1, type_v, 16);
AT(forge_state_v1, n_kv_heads, 20);
AT(forge_state_v1, head_dim_k, 24);
AT(forge_state_v1, head_dim_v, 28);
AT(forge_state_v1, n_elements, 32);
AT(forge_state_v1, reserved, 36);
SIZE(forge_state_v1, 40);

AT(forge_embed_params_v1, struct_size, 0);
AT(forge_embed_params_v1, scale, 4);
SIZE(forge_embed_params_v1, 8);

AT(forge_norm_params_v1, struct_size, 0);
AT(forge_norm_params_v1, kind, 4);
AT(forge_norm_params_v1, group, 8);
AT(forge_norm_params_v1, eps, 12);
SIZE(forge_norm_params_v1, 16);

AT(forge_linear_params_v1, struct_size, 0);
AT(forge_linear_params_v1, activation, 4);
SIZE(forge_linear_params_v1, 8);

AT(forge_rope_params_v1, struct_size, 0);
AT(forge_rope_params_v1, mode, 4);
AT(forge_rope_params_v1, n_heads, 8);
AT(forge_rope_params_v1, head_dim, 12);
AT(forge_rope_params_v1, n_rot, 16);
AT(forge_rope_params_v1, base, 20);
AT(forge_rope_params_v1, freq_scale, 24);
AT(forge_rope_params_v1, ext_factor, 28);
AT(forge_rope_params_v1, attn_factor, 32);
AT(forge_rope_params_v1, beta_fast, 36);
AT(forge_rope_params_v1, beta_slow, 40);
AT(forge_rope_params_v1, n_ctx_orig, 44);
AT(forge_rope_params_v1, sections, 48);
SIZE(forge_rope_params_v1, 64);

AT(forge_attention_params_v1, struct_size, 0);
AT(forge_attention_params_v1, n_heads, 4);
AT(forge_attention_params_v1, n_kv_heads, 8);
AT(forge_attention_params_v1, head_dim_k, 12);
AT(forge_attention_params_v1, head_dim_v, 16);
AT(forge_attention_params_v1, scale, 20);
AT(forge_attention_params_v1, soft_cap, 24);
AT(forge_attention_params_v1, window, 28);
SIZE(forge_attention_params_v1, 32);

AT(forge_activation_params_v1, struct_size, 0);
AT(forge_activation_params_v1, activation, 4);
SIZE(forge_activation_params_v1, 8);

AT(forge_unary_params_v1, struct_size, 0);
AT(forge_unary_params_v1, kind, 4);
AT(forge_unary_params_v1, argument, 8);
AT(forge_unary_params_v1, activation, 12);
SIZE(forge_unary_params_v1, 16);

AT(forge_binary_params_v1, struct_size, 0);
AT(forge_binary_params_v1, kind, 4);
SIZE(forge_binary_params_v1, 8);

AT(forge_router_params_v1, struct_size, 0);
AT(forge_router_params_v1, gating, 4);
AT(forge_router_params_v1, normalise, 8);
AT(forge_router_params_v1, scale, 12);
SIZE(forge_router_params_v1, 16);

AT(forge_conv_params_v1, struct_size, 0);
AT(forge_conv_params_v1, kernel, 4);
AT(forge_conv_params_v1, activation, 8);
SIZE(forge_conv_params_v1, 12);

AT(forge_delta_params_v1, struct_size, 0);
AT(forge_delta_params_v1, n_heads, 4);
AT(forge_delta_params_v1, n_key_heads, 8);
AT(forge_delta_params_v1, head_dim_k, 12);
AT(forge_delta_params_v1, head_dim_v, 16);
AT(forge_delta_params_v1, scale, 20);
SIZE(forge_delta_params_v1, 24);

AT(forge_node_v1, struct_size, 0);
AT(forge_node_v1, op, 4);
AT(forge_node_v1, layer, 8);
AT(forge_node_v1, state, 12);
AT(forge_node_v1, name, 16);
AT(forge_node_v1, n_inputs, 32);
AT(forge_node_v1, n_outputs, 36);
AT(forge_node_v1, n_weights, 40);
AT(forge_node_v1, reserved, 44);
AT(forge_node_v1, inputs, 48);
AT(forge_node_v1, outputs, 56);
AT(forge_node_v1, weights, 64);
AT(forge_node_v1, params, 72);
SIZE(forge_node_v1, 80);

AT(forge_graph_v1, struct_size, 0);
AT(forge_graph_v1, n_values, 4);
AT(forge_graph_v1, values, 8);
AT(forge_graph_v1, weights, 16);
AT(forge_graph_v1, n_weights, 24);
AT(forge_graph_v1, n_states, 28);
AT(forge_graph_v1, states, 32);
AT(forge_graph_v1, nodes, 40);
AT(forge_graph_v1, n_nodes, 48);
AT(forge_graph_v1, n_inputs, 52);
AT(forge_graph_v1, inputs, 56);
AT(forge_graph_v1, outputs, 64);
AT(forge_graph_v1, n_outputs, 72);
AT(forge_graph_v1, token_arena, 76);
AT(forge_graph_v1, output_arena, 80);
AT(forge_graph_v1, reserved, 84);
SIZE(forge_graph_v1, 88);

AT(forge_device_v1, struct_size, 0);
AT(forge_device_v1, index, 4);
AT(forge_device_v1, key, 8);
AT(forge_device_v1, name, 16);
AT(forge_device_v1, processor, 24);
AT(forge_device_v1, data_directory, 32);
AT(forge_device_v1, memory_budget, 40);
SIZE(forge_device_v1, 48);

AT(forge_pack_options_v1, struct_size, 0);
AT(forge_pack_options_v1, n_threads, 4);
AT(forge_pack_options_v1, flags, 8);
AT(forge_pack_options_v1, reserved, 12);
SIZE(forge_pack_options_v1, 16);

AT(forge_plan_options_v1, struct_size, 0);
AT(forge_plan_options_v1, max_rows, 4);
AT(forge_plan_options_v1, max_outputs, 8);
AT(forge_plan_options_v1, max_sequences, 12);
SIZE(forge_plan_options_v1, 16);

AT(forge_plan_memory_v1, struct_size, 0);
AT(forge_plan_memory_v1, reserved, 4);
AT(forge_plan_memory_v1, weights, 8);
AT(forge_plan_memory_v1, scratch, 16);
AT(forge_plan_memory_v1, state_per_block, 24);
AT(forge_plan_memory_v1, state_per_slot, 32);
SIZE(forge_plan_memory_v1, 40);

AT(forge_progress_v1, struct_size, 0);
AT(forge_progress_v1, reserved, 4);
AT(forge_progress_v1, self, 8);
AT(forge_progress_v1, report, 16);
AT(forge_progress_v1, weight_read, 24);
SIZE(forge_progress_v1, 32);

AT(forge_sequence_v1, struct_size, 0);
AT(forge_sequence_v1, first_row, 4);
AT(forge_sequence_v1, n_rows, 8);
AT(forge_sequence_v1, n_past, 12);
AT(forge_sequence_v1, slot, 16);
AT(forge_sequence_v1, n_blocks, 20);
AT(forge_sequence_v1, blocks, 24);
SIZE(forge_sequence_v1, 32);

AT(forge_buffer_v1, struct_size, 0);
AT(forge_buffer_v1, value, 4);
AT(forge_buffer_v1, data, 8);
AT(forge_buffer_v1, n_bytes, 16);
SIZE(forge_buffer_v1, 24);

AT(forge_batch_v1, struct_size, 0);
AT(forge_batch_v1, n_rows, 4);
AT(forge_batch_v1, tokens, 8);
AT(forge_batch_v1, positions, 16);
AT(forge_batch_v1, pos_dims, 24);
AT(forge_batch_v1, n_sequences, 28);
AT(forge_batch_v1, sequences, 32);
AT(forge_batch_v1, output_rows, 40);
AT(forge_batch_v1, n_output_rows, 48);
AT(forge_batch_v1, n_buffers, 52);
AT(forge_batch_v1, buffers, 56);
SIZE(forge_batch_v1, 64);

AT(forge_counter_v1, struct_size, 0);
AT(forge_counter_v1, op, 4);
AT(forge_counter_v1, name, 8);
AT(forge_counter_v1, kernel, 24);
AT(forge_counter_v1, calls, 40);
AT(forge_counter_v1, rows, 48);
AT(forge_counter_v1, nanoseconds, 56);
AT(forge_counter_v1, bytes, 64);
AT(forge_counter_v1, operations, 72);
SIZE(forge_counter_v1, 80);

AT(forge_plugin_kernel_pack_v1, struct_size, 0);
AT(forge_plugin_kernel_pack_v1, flags, 4);
AT(forge_plugin_kernel_pack_v1, device_open, 8);
AT(forge_plugin_kernel_pack_v1, device_close, 16);
AT(forge_plugin_kernel_pack_v1, node_supported, 24);
AT(forge_plugin_kernel_pack_v1, plan_memory, 32);
AT(forge_plugin_kernel_pack_v1, plan_compile, 40);
AT(forge_plugin_kernel_pack_v1, plan_destroy, 48);
AT(forge_plugin_kernel_pack_v1, state_create, 56);
AT(forge_plugin_kernel_pack_v1, state_destroy, 64);
AT(forge_plugin_kernel_pack_v1, state_copy_blocks, 72);
AT(forge_plugin_kernel_pack_v1, state_copy_slots, 80);
AT(forge_plugin_kernel_pack_v1, state_read_blocks, 88);
AT(forge_plugin_kernel_pack_v1, state_write_blocks, 96);
AT(forge_plugin_kernel_pack_v1, state_read_slots, 104);
AT(forge_plugin_kernel_pack_v1, state_write_slots, 112);
AT(forge_plugin_kernel_pack_v1, execute, 120);
AT(forge_plugin_kernel_pack_v1, visit_counters, 128);
AT(forge_plugin_kernel_pack_v1, reset_counters, 136);
SIZE(forge_plugin_kernel_pack_v1, 144);

AT(forge_draw_settings_v1, top_k, 0);
AT(forge_draw_settings_v1, top_p, 4);
AT(forge_draw_settings_v1, log_min_p, 8);
AT(forge_draw_settings_v1, inverse_temperature, 12);
AT(forge_draw_settings_v1, random, 16);
SIZE(forge_draw_settings_v1, 20);

AT(forge_host_model_v1, struct_size, 0);
AT(forge_host_model_v1, n_tensors, 4);
AT(forge_host_model_v1, self, 8);
AT(forge_host_model_v1, get_u64, 16);
AT(forge_host_model_v1, get_f64, 24);
AT(forge_host_model_v1, get_bool, 32);
AT(forge_host_model_v1, get_string, 40);
AT(forge_host_model_v1, get_f64_array, 48);
AT(forge_host_model_v1, tensor, 56);
AT(forge_host_model_v1, find_tensor, 64);
SIZE(forge_host_model_v1, 72);

AT(forge_model_info_v1, struct_size, 0);
AT(forge_model_info_v1, n_vocab, 4);
AT(forge_model_info_v1, n_embd, 8);
AT(forge_model_info_v1, n_layers, 12);
AT(forge_model_info_v1, n_ctx_train, 16);
AT(forge_model_info_v1, pos_dims, 20);
AT(forge_model_info_v1, logits, 24);
AT(forge_model_info_v1, hidden, 28);
SIZE(forge_model_info_v1, 32);

AT(forge_host_graph_builder_v1, struct_size, 0);
AT(forge_host_graph_builder_v1, reserved, 4);
AT(forge_host_graph_builder_v1, self, 8);
AT(forge_host_graph_builder_v1, add_value, 16);
AT(forge_host_graph_builder_v1, add_weight, 24);
AT(forge_host_graph_builder_v1, add_state, 32);
AT(forge_host_graph_builder_v1, add_node, 40);
AT(forge_host_graph_builder_v1, finish, 48);
SIZE(forge_host_graph_builder_v1, 56);

AT(forge_text_quirks_v1, struct_size, 0);
AT(forge_text_quirks_v1, add_bos, 4);
AT(forge_text_quirks_v1, pre_tokenizer, 8);
AT(forge_text_quirks_v1, chat_template, 16);
SIZE(forge_text_quirks_v1, 24);

AT(forge_plugin_architecture_v1, struct_size, 0);
AT(forge_plugin_architecture_v1, n_names, 4);
AT(forge_plugin_architecture_v1, names, 8);
AT(forge_plugin_architecture_v1, build, 16);
AT(forge_plugin_architecture_v1, text_quirks, 24);
SIZE(forge_plugin_architecture_v1, 32);

AT(forge_preflight_stage_v1, struct_size, 0);
AT(forge_preflight_stage_v1, limit_ms, 4);
AT(forge_preflight_stage_v1, name, 8);
AT(forge_preflight_stage_v1, purpose, 16);
SIZE(forge_preflight_stage_v1, 24);

AT(forge_preflight_facts_v1, struct_size, 0);
AT(forge_preflight_facts_v1, reserved, 4);
AT(forge_preflight_facts_v1, memory_free, 8);
AT(forge_preflight_facts_v1, runtime_version, 16);
AT(forge_preflight_facts_v1, runtime_path, 80);
SIZE(forge_preflight_facts_v1, 592);

AT(forge_plugin_preflight_v1, struct_size, 0);
AT(forge_plugin_preflight_v1, n_stages, 4);
AT(forge_plugin_preflight_v1, stages, 8);
AT(forge_plugin_preflight_v1, open, 16);
AT(forge_plugin_preflight_v1, run, 24);
AT(forge_plugin_preflight_v1, close, 32);
SIZE(forge_plugin_preflight_v1, 40);

AT(forge_limits_v1, struct_size, 0);
AT(forge_limits_v1, reserved, 4);
AT(forge_limits_v1, read_bytes, 8);
AT(forge_limits_v1, int8_macs, 16);
AT(forge_limits_v1, f32_macs, 24);
AT(forge_limits_v1, bf16_macs, 32);
SIZE(forge_limits_v1, 40);

AT(forge_plugin_limits_v1, struct_size, 0);
AT(forge_plugin_limits_v1, reserved, 4);
AT(forge_plugin_limits_v1, measure, 8);
SIZE(forge_plugin_limits_v1, 16);

AT(forge_plugin_idle_v1, struct_size, 0);
AT(forge_plugin_idle_v1, reserved, 4);
AT(forge_plugin_idle_v1, release, 8);
SIZE(forge_plugin_idle_v1, 16);
