package rpc

import (
	"bytes"
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

// refused is an answer of a route that is an error.
func refused(s *refserver.Response) *callError {
	body := s.ErrorBody()
	if body == nil { // neither a success nor an error
		body = &refserver.ErrorBody{Message: string(bytes.TrimSpace(s.Head))}
	}
	f := &callError{code: codeOf(s.Status), message: body.Message, reason: reasonRejected, raised: s.Raised, metadata: map[string]string{"http_status": strconv.Itoa(s.Status)}}
	if body.Type == "" {
		return f
	}
	f.metadata["type"] = body.Type
	if body.Param != "" {
		f.metadata["param"] = body.Param
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
