package bridge

import (
	"log/slog"
	"strconv"
)

// Answers, and arguments that are no request, hold what a request said, too.

func (t Tokenized) String() string {
	return described("Tokenized", number(len(t.Tokens), "token"), flagged(t.HasText, sized("text", t.Text)), several(t.Images, "image"), several(t.Audios, "audio"))
}

func (t Templated) String() string {
	return described("Templated", number(len(t.Tokens), "token"), sizedRaw("other result", t.Other))
}

func (s Served) String() string {
	return described("Served", "status "+strconv.Itoa(s.Status), number(len(s.Tokens), "token"), sized("body", s.Head)+" and "+number(len(s.Tail), "byte"))
}

func (k Kwarg) String() string { return described("Kwarg", sized("value", k.Value)) }

func (o TemplateOptions) String() string {
	return described("TemplateOptions", several(o.Tools, "tool"), sizedIf("chat template", o.ChatTemplate), several(o.Kwargs, "keyword"))
}

func (l Lark) String() string {
	return described("Lark", sized("template", l.Template), several(l.Tools, "tool"), sizedRaw("JSON schema", l.JSONSchema))
}

// LogValue is String.
func (t Tokenized) LogValue() slog.Value { return slog.StringValue(t.String()) }

// LogValue is String.
func (t Templated) LogValue() slog.Value { return slog.StringValue(t.String()) }

// LogValue is String.
func (s Served) LogValue() slog.Value { return slog.StringValue(s.String()) }

// LogValue is String.
func (k Kwarg) LogValue() slog.Value { return slog.StringValue(k.String()) }

// LogValue is String.
func (o TemplateOptions) LogValue() slog.Value { return slog.StringValue(o.String()) }

// LogValue is String.
func (l Lark) LogValue() slog.Value { return slog.StringValue(l.String()) }
