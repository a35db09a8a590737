package corpus

// special are texts that look like tokens with a meaning, and are none here: a
// user's text must never become one.
var special = []string{
	"<s>", "</s>", "<unk>", "<pad>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]",
	"[TOOL_CALLS]", "[IMG]", "[IMG_BREAK]", "[IMG_END]", "[PREFIX]", "[MIDDLE]", "[SUFFIX]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]",
	"[TOOL_CONTENT]", "[ARGS]", "[CALL_ID]", "[THINK]", "[/THINK]", "[AUDIO]", "[BEGIN_AUDIO]", "[MODEL_SETTINGS]", "[control_8]", "[CONTROL_8]",
	"<SPECIAL_20>", "<SPECIAL_999>", "<0x00>", "<0x0A>", "<0xFF>", "<0x41>", "▁", "▁the", "<|endoftext|>", "<|im_start|>", "<<SYS>>", "[MASK]", "�",
}

func lookalikes() []string {
	all := append([]string(nil), special...)
	for i, s := range special {
		all = append(all, "a"+s+"b", " "+s+" "+special[(i+1)%len(special)])
	}
	return append(all,
		"<s>[INST] Hi [/INST] Hello</s>[INST] again [/INST]", "<s><s></s></s>", "[INST][INST]", "[/INST", "[INST", "< s>", "<S>", "[inst]",
		`[TOOL_CALLS][{"name": "f", "arguments": {}}]</s>`, "<s >", "</ s>", "＜s＞", "<s>\n</s>", "▁▁▁▁", "a▁b", "▁ ▁", "<0x0", "<0xZZ>", "<0xE2><0x96><0x81>",
	)
}
