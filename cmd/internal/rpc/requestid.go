package rpc

import (
	"context"
	"crypto/rand"
	"strings"

	"google.golang.org/grpc/metadata"
)

// requestIDKey is the metadata that names a call, both ways.
const requestIDKey = "x-request-id"

// maxRequestID bounds what a caller may put in the log.
const maxRequestID = 128

// requestID is the call's id, "" outside of one.
func requestID(ctx context.Context) string {
	if c := record(ctx); c != nil {
		return c.id
	}
	return ""
}

// takeRequestID is the caller's id, if it is one that can stand in a line, or a new one.
func takeRequestID(ctx context.Context) string {
	if ids := metadata.ValueFromIncomingContext(ctx, requestIDKey); len(ids) == 1 && len(ids[0]) <= maxRequestID && ids[0] != "" {
		printable := func(r rune) bool { return r > ' ' && r <= '~' }
		if strings.IndexFunc(ids[0], func(r rune) bool { return !printable(r) }) < 0 {
			return ids[0]
		}
	}
	return strings.ToLower(rand.Text())
}
