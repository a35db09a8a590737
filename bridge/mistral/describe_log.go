package mistral

import "log/slog"

// slog.JSONHandler marshals what has no LogValue, and would write the request.

// LogValue is String.
func (r ChatCompletionRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// LogValue is String.
func (r InstructRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// LogValue is String.
func (r FIMRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// LogValue is String.
func (r TranscriptionRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// LogValue is String.
func (r SpeechRequest) LogValue() slog.Value { return slog.StringValue(r.String()) }

// LogValue is String.
func (m SystemMessage) LogValue() slog.Value { return slog.StringValue(m.String()) }

// LogValue is String.
func (m UserMessage) LogValue() slog.Value { return slog.StringValue(m.String()) }

// LogValue is String.
func (m AssistantMessage) LogValue() slog.Value { return slog.StringValue(m.String()) }

// LogValue is String.
func (m ToolMessage) LogValue() slog.Value { return slog.StringValue(m.String()) }

// LogValue is String.
func (m RawMessage) LogValue() slog.Value { return slog.StringValue(m.String()) }

// LogValue is String.
func (c TextChunk) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c ThinkChunk) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c ImageChunk) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c ImageURLChunk) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c AudioChunk) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c AudioURLChunk) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c RawChunk) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (t Tool) LogValue() slog.Value { return slog.StringValue(t.String()) }

// LogValue is String.
func (f Function) LogValue() slog.Value { return slog.StringValue(f.String()) }

// LogValue is String.
func (c ToolCall) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c FunctionCall) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c NamedToolChoice) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (c RawToolChoice) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (f JSONSchemaFormat) LogValue() slog.Value { return slog.StringValue(f.String()) }

// LogValue is String.
func (f RawResponseFormat) LogValue() slog.Value { return slog.StringValue(f.String()) }

// LogValue is String.
func (s ModelSettings) LogValue() slog.Value { return slog.StringValue(s.String()) }

// LogValue is String.
func (c Content) LogValue() slog.Value { return slog.StringValue(c.String()) }

// LogValue is String.
func (a AudioData) LogValue() slog.Value { return slog.StringValue(a.String()) }
