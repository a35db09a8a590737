"""What of vLLM is done by hand in pyshim/server/vllm_twin: a change there wants a reader."""

# Beside the functions that its models run.
FOLLOWED = """
vllm.entrypoints.generate.base.protocol:structured_outputs_from_response_format
vllm.entrypoints.generate.base.protocol:validate_cache_salt
vllm.entrypoints.generate.base.protocol:validate_structural_tag_response_format
vllm.entrypoints.openai.chat_completion.protocol:ChatCompletionRequest.build_chat_params
vllm.entrypoints.openai.chat_completion.protocol:ChatCompletionRequest.build_tok_params
vllm.entrypoints.openai.chat_completion.protocol:ChatCompletionRequest.to_sampling_params
vllm.entrypoints.openai.completion.protocol:CompletionRequest.build_tok_params
vllm.entrypoints.openai.completion.protocol:CompletionRequest.to_sampling_params
vllm.entrypoints.scale_out.render.api_router
vllm.entrypoints.scale_out.render.serving:ServingRender._build_parse_context
vllm.entrypoints.scale_out.render.serving:ServingRender.render_chat_request
vllm.entrypoints.scale_out.render.serving:ServingRender.render_completion_request
vllm.entrypoints.scale_out.render.serving:_hoist_transfer_params
vllm.entrypoints.serve.engine.serving:BaseServing
vllm.entrypoints.serve.exception_handling.error_response
vllm.entrypoints.serve.exception_handling.handlers.validation
vllm.entrypoints.serve.exception_handling.utils
vllm.entrypoints.serve.tokenize.api_router
vllm.entrypoints.serve.tokenize.serving
vllm.entrypoints.serve.utils.api_utils:create_json_response
vllm.entrypoints.serve.utils.api_utils:get_max_tokens
vllm.parser.utils:count_chat_history_tool_calls
vllm.parser.utils:count_tool_calls
vllm.renderers.chat_utils.chat_message:_postprocess_messages
vllm.renderers.chat_utils.chat_message:parse_chat_message_content
vllm.renderers.chat_utils.chat_message:parse_chat_message_content_mm_part
vllm.renderers.chat_utils.chat_message:parse_chat_message_content_part
vllm.renderers.mistral
vllm.renderers.online_renderer:OnlineRenderer.preprocess_chat
vllm.renderers.online_renderer:OnlineRenderer.render_chat
vllm.renderers.online_renderer:OnlineRenderer.render_completion
vllm.renderers.online_renderer:OnlineRenderer.validate_chat_template
vllm.renderers.params:TokenizeParams
vllm.renderers.params:merge_kwargs
vllm.sampling_params:RepetitionDetectionParams
vllm.sampling_params:SamplingParams
vllm.sampling_params:StructuredOutputsParams
vllm.tokenizers.mistral:MistralTokenizer
vllm.tokenizers.mistral:maybe_serialize_tool_calls
vllm.tokenizers.mistral:truncate_tool_call_ids
vllm.tokenizers.mistral:validate_request_params
""".split()  # noqa: SIM905 - a list to be read
