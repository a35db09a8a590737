// Package vllm has vLLM's own tokenizer for Mistral models and the function that applies its
// chat template, in an environment that has vLLM: `mtok setup --with vllm`, or
// bridge.WithRequirements.
//
//	v, err := vllm.Load(ctx, rt, bridge.Shipped("v3-tekken"))
//	out, err := v.ApplyMistralChatTemplate(ctx, messages, vllm.TemplateOptions{})
//	fmt.Println(out.Tokens)
//
// It runs in the interpreter, or the workers, of the bridge.Runtime that loads it.
package vllm
