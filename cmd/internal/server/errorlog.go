package server

import (
	"context"
	"log/slog"
	"strings"
)

// errorLog takes what net/http says. That no connection can be accepted, for want of file
// descriptors say, or that a handler panicked is a warning. What a caller did, half a TLS
// handshake say, is for debugging: anybody could fill the log with it.
type errorLog struct{ log *slog.Logger }

var serverFaults = []string{"http: Accept error", "http: panic serving", "http2: panic serving"}

func (l errorLog) Write(p []byte) (int, error) {
	text, level := strings.TrimRight(string(p), "\n"), slog.LevelDebug
	for _, fault := range serverFaults {
		if strings.HasPrefix(text, fault) {
			level = slog.LevelWarn
		}
	}
	l.log.Log(context.Background(), level, text)
	return len(p), nil
}
