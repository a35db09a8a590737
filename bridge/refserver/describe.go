package refserver

import (
	"log/slog"
	"strconv"

	"github.com/mistralbridge/mistralbridge/bridge/internal/describe"
)

func (s Response) String() string {
	return describe.Type("Response", "status "+strconv.Itoa(s.Status), describe.Number(len(s.Tokens), "token"), describe.Sized("body", s.Head)+" and "+describe.Number(len(s.Tail), "byte"))
}

// LogValue is String.
func (s Response) LogValue() slog.Value { return slog.StringValue(s.String()) }
