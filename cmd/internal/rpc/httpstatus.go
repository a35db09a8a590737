package rpc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// codeOf is the gRPC code of an HTTP status that an answer or an error has.
func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusUnsupportedMediaType:
		return codes.InvalidArgument
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusRequestEntityTooLarge, http.StatusTooManyRequests:
		// As gRPC itself answers a message over its limit. Only what may be tried again
		// has a RetryInfo.
		return codes.ResourceExhausted
	case engine.StatusClientClosed:
		return codes.Canceled
	case http.StatusNotImplemented:
		return codes.Unimplemented
	case http.StatusServiceUnavailable, http.StatusBadGateway:
		return codes.Unavailable
	case http.StatusGatewayTimeout:
		return codes.DeadlineExceeded
	}
	return codes.Internal
}

// refused is an answer of a route that is an error: vLLM's
// {"error": {"message", "type", "param", "code"}}.
func refused(s *refserver.Response) *callError {
	f := &callError{code: codeOf(s.Status), reason: reasonRejected, raised: s.Raised, metadata: map[string]string{"http_status": strconv.Itoa(s.Status)}}
	var body struct {
		Error struct {
			Message string  `json:"message"`
			Type    string  `json:"type"`
			Param   *string `json:"param"`
		} `json:"error"`
	}
	if err := json.Unmarshal(s.Head, &body); err != nil || body.Error.Message == "" {
		f.message = string(bytes.TrimSpace(s.Head))
		return f
	}
	f.message = body.Error.Message
	f.metadata["type"] = body.Error.Type
	if body.Error.Param != nil {
		f.metadata["param"] = *body.Error.Param
	}
	switch f.code {
	case codes.NotFound:
		f.reason = reasonModel
	case codes.Unimplemented:
		f.reason = "NOT_IMPLEMENTED"
	case codes.Internal:
		f.reason = reasonInternal
	}
	return f
}

// location is a place in a request, as pydantic lists it: messages.0.user.content.
func location(loc []any) string {
	parts := make([]string, len(loc))
	for i, l := range loc {
		parts[i] = fmt.Sprint(l)
	}
	return strings.Join(parts, ".")
}
