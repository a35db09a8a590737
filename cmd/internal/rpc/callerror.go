package rpc

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	mistralbridgev1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// callError is why a call failed, in words fit for the caller. gRPC makes its status of it,
// and a stream its Failure.
type callError struct {
	code       codes.Code
	message    string
	reason     string
	metadata   map[string]string
	retry      time.Duration
	violations []violation
	raised     *bridge.Raised // what is behind it, for the log
	cause      string         // the same of what Python did not raise
}

type violation struct{ field, description string }

// domain is that of every ErrorInfo.
const domain = "mistralbridge"

// Reasons, beside those that engine.Classify has words for.
const (
	reasonRejected = "REFERENCE_REJECTED"
	reasonModel    = "MODEL_NOT_FOUND"
	reasonInvalid  = "INVALID_REQUEST"
	reasonInternal = "INTERNAL"
)

// A status travels in trailers, which clients bound: gRPC's C core, and Python with it, at
// 8 KB, where a message is twice, once percent-encoded and once in base64.
const (
	maxMessage     = 1024
	maxDescription = 128
	maxViolations  = 5
)

// invalid is a request that does not get as far as the reference.
func invalid(message string) *callError {
	return &callError{code: codes.InvalidArgument, reason: reasonInvalid, message: message}
}

// unknownModel has vLLM's words.
func unknownModel(name string) *callError {
	return &callError{
		code: codes.NotFound, reason: reasonModel, message: (&engine.UnknownModelError{Name: name}).Error(),
		metadata: map[string]string{"model": name},
	}
}

// explain says what an error means to the caller: the reference's own words if the
// reference raised it, else those of the error.
func explain(ctx context.Context, err error) *callError {
	var known *callError
	var py *bridge.PyError
	var id *bridge.TokenIDError
	var special *bridge.SpecialTokenError
	switch {
	case errors.As(err, &known):
		return known
	case errors.Is(err, context.DeadlineExceeded) && errors.Is(context.Cause(ctx), errOwnLimit):
		return &callError{code: codes.DeadlineExceeded, reason: "TIMEOUT", message: context.Cause(ctx).Error()}
	case errors.As(err, &id):
		return badID(id)
	case errors.As(err, &special):
		return rejectedID(special.Error(), special.Index)
	case errors.As(err, &py) && !errors.Is(err, bridge.ErrClosed):
		return raised(py)
	case bridge.ReasonOf(err) == bridge.ReasonInvalid:
		return invalid(err.Error())
	}
	f := engine.Classify(err)
	return &callError{
		code: codeOf(f.Status), reason: strings.ToUpper(f.Code), message: f.Message, retry: f.RetryAfter, cause: engine.Cause(err),
	}
}

// Code is the gRPC code of an error of the engine or the bridge.
func Code(err error) codes.Code { return explain(context.Background(), err).code }

// raised has the reference's own words for all that Python raised on account of the request:
// what the reference rejects, and what the rules about media do.
func raised(e *bridge.PyError) *callError {
	reason := bridge.ReasonOf(e)
	f := &callError{
		code: codeOf(reason.HTTPStatus()), reason: strings.ToUpper(string(reason)), message: e.Str,
		metadata: map[string]string{"python_class": e.Module + "." + e.Type}, raised: bridge.RaisedBy(e),
	}
	switch {
	case reason == bridge.ReasonRejected:
		f.reason = reasonRejected
	case f.code == codes.Internal || f.code == codes.Unavailable:
		f.message = "internal error"
	}
	if e.Field != "" {
		f.metadata["field"] = e.Field
	}
	if e.Hint != "" {
		f.metadata["hint"] = e.Hint
	}
	for _, d := range e.Details {
		f.violations = append(f.violations, violation{location(d.Loc), d.Msg})
	}
	return f
}

// badID has words of the bridge's: the reference's name another number.
func badID(e *bridge.TokenIDError) *callError {
	f := rejectedID(e.Error(), e.Index)
	var py *bridge.PyError
	if errors.As(e.Err, &py) {
		place := f.metadata["field"]
		f = raised(py)
		f.message, f.metadata["field"] = e.Error(), place
	}
	return f
}

func rejectedID(message string, index int) *callError {
	return &callError{
		code: codes.InvalidArgument, reason: reasonRejected, message: message,
		metadata: map[string]string{"field": "tokens." + strconv.Itoa(index)},
	}
}

// Error is the message, which may quote the request.
func (f *callError) Error() string { return f.message }

// GRPCStatus is the status, with google.rpc's details.
func (f *callError) GRPCStatus() *status.Status {
	info := &errdetails.ErrorInfo{Reason: f.reason, Domain: domain, Metadata: map[string]string{}}
	for k, v := range f.metadata {
		info.Metadata[k] = cut(v, maxDescription)
	}
	details := []protoadapt.MessageV1{info}
	if f.retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(f.retry)})
	}
	if len(f.violations) > 0 {
		bad := &errdetails.BadRequest{}
		for _, v := range f.violations[:min(len(f.violations), maxViolations)] {
			bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
				Field: cut(v.field, maxDescription), Description: cut(v.description, maxDescription),
			})
		}
		details = append(details, bad)
	}
	s := status.New(f.code, cut(f.message, maxMessage))
	with, err := s.WithDetails(details...)
	if err != nil { // a string that is not UTF-8: then without details
		return s
	}
	return with
}

// proto is the Failure of a stream, which has room for all of it.
func (f *callError) proto() *mistralbridgev1.Failure {
	p := &mistralbridgev1.Failure{Code: int32(f.code), Message: f.message, Reason: f.reason, Metadata: f.metadata}
	if f.retry > 0 {
		p.RetryAfter = durationpb.New(f.retry)
	}
	for _, v := range f.violations {
		p.Violations = append(p.Violations, &mistralbridgev1.Violation{Field: v.field, Description: v.description})
	}
	return p
}

// cut shortens a text to n bytes, between characters.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len("…")
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
