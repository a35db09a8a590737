package bridge

import (
	"log/slog"

	"github.com/mistralbridge/mistralbridge/bridge/internal/describe"
)

// Answers, and arguments that are no request, hold what a request said, too.

func (t Tokenized) String() string {
	return describe.Type("Tokenized", describe.Number(len(t.Tokens), "token"), describe.Flagged(t.HasText, describe.Sized("text", t.Text)), describe.Several(t.Images, "image"), describe.Several(t.Audios, "audio"))
}

func (l Lark) String() string {
	return describe.Type("Lark", describe.Sized("template", l.Template), describe.Several(l.Tools, "tool"), describe.SizedRaw("JSON schema", l.JSONSchema))
}

// LogValue is String.
func (t Tokenized) LogValue() slog.Value { return slog.StringValue(t.String()) }

// LogValue is String.
func (l Lark) LogValue() slog.Value { return slog.StringValue(l.String()) }
