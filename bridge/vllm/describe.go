package vllm

import (
	"log/slog"

	"github.com/mistralbridge/mistralbridge/bridge/internal/describe"
)

func (t Templated) String() string {
	return describe.Type("Templated", describe.Number(len(t.Tokens), "token"), describe.SizedRaw("other result", t.Other))
}

func (k Kwarg) String() string { return describe.Type("Kwarg", describe.Sized("value", k.Value)) }

func (o TemplateOptions) String() string {
	return describe.Type("TemplateOptions", describe.Several(o.Tools, "tool"), describe.SizedIf("chat template", o.ChatTemplate), describe.Several(o.Kwargs, "keyword"))
}

// LogValue is String.
func (t Templated) LogValue() slog.Value { return slog.StringValue(t.String()) }

// LogValue is String.
func (k Kwarg) LogValue() slog.Value { return slog.StringValue(k.String()) }

// LogValue is String.
func (o TemplateOptions) LogValue() slog.Value { return slog.StringValue(o.String()) }
