package bridge

import (
	"encoding/json"
	"fmt"
)

// SpanKind says what the tokens of a [Span] are.
type SpanKind string

// The kinds of spans.
const (
	SpanControl  SpanKind = "control"   // a token that the reference put in: [INST], [TOOL_CALLS], </s> …
	SpanText     SpanKind = "text"      // what a message says; of a tool, its result
	SpanThink    SpanKind = "think"     // a thinking chunk
	SpanToolCall SpanKind = "tool_call" // calls that the assistant makes
	SpanToolList SpanKind = "tool_list" // the tools of the request
	SpanSettings SpanKind = "settings"  // the model's settings (v15)
	SpanImage    SpanKind = "image"
	SpanAudio    SpanKind = "audio"
)

// Span is a run of tokens that the reference made of one thing: a text, an image, an audio, or
// a single control token. The spans of a request follow each other without a gap and cover all
// of its tokens.
//
// They are what the reference itself returned for each message and each text of it, noted while
// it put the request together; nothing is searched for, so they hold where it moves messages,
// merges them, or leaves old ones out.
type Span struct {
	Start, Len int // the first token, and how many

	// Message is the index in the request's messages. Messages of one role that follow each
	// other are merged by the reference, and counted under the first. It is -1 for what
	// belongs to none: the begin of the sequence, and a user message that the reference adds.
	// Tokenizers of the versions v1 to v3 write the system prompt into a user's message, whose
	// tokens it is counted with.
	Message int
	Role    string // user, assistant, tool or system; "" for the begin of the sequence

	Kind SpanKind
	// Within is the kind of what a span is a part of: a [TOOL_CALLS] is SpanControl within
	// SpanToolCall, and so are the marks around tools, settings and thinking. "" elsewhere.
	Within SpanKind

	Weight float64 // of a finetuning request's message; 1 where none is stated
}

// UnmarshalJSON reads a span as it crosses: [start, length, message, role, kind, within, weight].
func (s *Span) UnmarshalJSON(data []byte) error {
	row := []any{&s.Start, &s.Len, &s.Message, &s.Role, &s.Kind, &s.Within, &s.Weight}
	n := len(row)
	if err := json.Unmarshal(data, &row); err != nil {
		return err
	}
	if len(row) != n {
		return fmt.Errorf("a span of %d parts", len(row))
	}
	return nil
}

// LossMask says which tokens of a chat a model is trained on; the zero value takes all that the
// assistant says, with the control tokens around it and the end of the sequence.
type LossMask struct {
	LastOnly         bool // only the last message of the assistant
	WithoutThinking  bool // leave out thinking chunks and their marks
	WithoutToolCalls bool // leave out tool calls and their marks
}

// Of returns one bool for each token of a chat that was encoded with WithSpans. Messages of
// weight 0 are left out. It is nil without spans.
func (m LossMask) Of(t *Tokenized) []bool {
	if t.Spans == nil {
		return nil
	}
	const assistant = "assistant"
	last := -1
	for _, s := range t.Spans {
		if s.Role == assistant {
			last = s.Message
		}
	}
	mask := make([]bool, len(t.Tokens))
	for _, s := range t.Spans {
		switch {
		case s.Role != assistant, s.Weight == 0,
			m.LastOnly && s.Message != last,
			m.WithoutThinking && s.Within == SpanThink,
			m.WithoutToolCalls && s.Within == SpanToolCall:
			continue
		}
		for i := s.Start; i < s.Start+s.Len; i++ {
			mask[i] = true
		}
	}
	return mask
}
