package client_test

import (
	"context"
	"errors"
	"reflect"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/client"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// either is what a *bridge.Tokenizer and a *client.Tokenizer have in common.
type either interface {
	bridge.Encoder
	EncodeInstruct(context.Context, *mistral.InstructRequest, ...bridge.EncodeOption) (*bridge.Tokenized, error)
	EncodeInstructJSON(context.Context, []byte, ...bridge.EncodeOption) (*bridge.Tokenized, error)
	EncodeFIM(context.Context, *mistral.FIMRequest, ...bridge.EncodeOption) (*bridge.Tokenized, error)
	EncodeFIMJSON(context.Context, []byte, ...bridge.EncodeOption) (*bridge.Tokenized, error)
	EncodeTranscription(context.Context, *mistral.TranscriptionRequest, ...bridge.EncodeOption) (*bridge.Tokenized, error)
	EncodeTranscriptionJSON(context.Context, []byte, ...bridge.EncodeOption) (*bridge.Tokenized, error)
	EncodeSpeechRequest(context.Context, *mistral.SpeechRequest, ...bridge.EncodeOption) (*bridge.Tokenized, error)
	EncodeSpeechRequestJSON(context.Context, []byte, ...bridge.EncodeOption) (*bridge.Tokenized, error)
}

var (
	_ either = (*bridge.Tokenizer)(nil)
	_ either = (*client.Tokenizer)(nil)
)

// Each call of the client's is one of the bridge's, and compared with it.
func TestTokenizer_callsOfBridge(t *testing.T) {
	own, bridges, compared := reflect.TypeFor[*client.Tokenizer](), reflect.TypeFor[*bridge.Tokenizer](), reflect.TypeFor[either]()
	calls := 0
	for i := range own.NumMethod() {
		m := own.Method(i)
		if m.Type.NumIn() < 2 {
			continue
		}
		calls++
		same, ok := bridges.MethodByName(m.Name)
		if assert.True(t, ok, m.Name) {
			assert.Equal(t, signature(same.Type), signature(m.Type), m.Name)
		}
		_, ok = compared.MethodByName(m.Name)
		assert.True(t, ok, "%s is not compared", m.Name)
	}
	assert.Equal(t, 17, calls)
}

// signature is that of a method without its receiver.
func signature(f reflect.Type) (all []reflect.Type) {
	for i := 1; i < f.NumIn(); i++ {
		all = append(all, f.In(i))
	}
	for i := range f.NumOut() {
		all = append(all, f.Out(i))
	}
	return all
}

// pair asks both.
type pair struct {
	here   *bridge.Tokenizer
	there  *client.Tokenizer
	failed int // calls that failed on both sides
}

func newPair(t *testing.T, name string) *pair {
	t.Helper()
	return &pair{here: loaded(t, name), there: remote(t, name)}
}

// same makes a call on both, and compares results, errors and warnings.
func (p *pair) same(t *testing.T, name string, call func(context.Context, either) (any, error)) {
	t.Helper()
	var want, got []bridge.Warning
	expected, wantErr := call(bridge.NotifyWarnings(t.Context(), func(w []bridge.Warning) { want = append(want, w...) }), p.here)
	answer, err := call(bridge.NotifyWarnings(t.Context(), func(w []bridge.Warning) { got = append(got, w...) }), p.there)
	assert.Equal(t, want, got, "%s: warnings", name)
	if wantErr != nil {
		p.failed++
		sameError(t, name, wantErr, err)
		return
	}
	if assert.NoError(t, err, name) {
		assert.Equal(t, expected, answer, name)
	}
}

// conditions are the errors that errors.Is matches.
var conditions = map[string]error{
	"invalid request": bridge.ErrInvalidRequest, "UTF-8": bridge.ErrInvalidUTF8, "overloaded": bridge.ErrOverloaded, "closed": bridge.ErrClosed,
	"internal": bridge.ErrInternal, "died": bridge.ErrWorkerDied, "time": bridge.ErrTimeLimit, "memory": bridge.ErrWorkerMemory,
	"loop": bridge.ErrCrashLoop, "no worker": bridge.ErrNoWorker, "too large": bridge.ErrTooLarge, "inexact": mistral.ErrInexact,
	"refused": bridge.ErrFetchRefused, "canceled": context.Canceled, "deadline": context.DeadlineExceeded,
}

// sameError compares all that a program may ask of an error.
func sameError(t *testing.T, name string, want, got error) {
	t.Helper()
	if !assert.Error(t, got, name) {
		return
	}
	assert.Equal(t, want.Error(), got.Error(), name)
	assert.Equal(t, bridge.ReasonOf(want), bridge.ReasonOf(got), name)
	assert.Equal(t, bridge.HTTPStatus(want), bridge.HTTPStatus(got), name)
	assert.Equal(t, bridge.Retryable(want), bridge.Retryable(got), name)
	for word, condition := range conditions {
		assert.Equal(t, errors.Is(want, condition), errors.Is(got, condition), "%s: is %s", name, word)
	}
	for _, view := range []func(error) any{
		as[*bridge.MistralCommonException], as[*bridge.TokenizerException], as[*bridge.UnsupportedTokenizerFeatureException], as[*bridge.InvalidRequestException],
		as[*bridge.InvalidSystemPromptException], as[*bridge.InvalidMessageStructureException], as[*bridge.InvalidAssistantMessageException],
		as[*bridge.InvalidToolMessageException], as[*bridge.InvalidToolSchemaException], as[*bridge.InvalidUserMessageException],
		as[*bridge.InvalidFunctionCallException], as[*bridge.InvalidToolException], as[*bridge.MediaDeniedError], as[*bridge.MediaTooLargeError],
		as[*bridge.ImageDecodeException],
	} {
		assert.Equal(t, view(want), view(got), name)
	}
	assert.Equal(t, as[*mistral.InputError](want), as[*mistral.InputError](got), name)
	var a, b *bridge.TokenIDError
	if errors.As(want, &a) && assert.ErrorAs(t, got, &b, name) {
		assert.Equal(t, [3]any{a.Op, a.ID, a.Index}, [3]any{b.Op, b.ID, b.Index}, name)
		assert.Equal(t, a.Words, b.Words)
	}
	var py, other *bridge.PyError
	if !errors.As(want, &py) {
		assert.False(t, errors.As(got, &other), name)
		return
	}
	require.ErrorAs(t, got, &other, name)
	assert.NotEmpty(t, py.Traceback)
	assert.Equal(t, public(*py), public(*other), name)
	assert.Equal(t, string(py.ErrorsJSON()), string(other.ErrorsJSON()), name)
	assert.Equal(t, withoutTraceback(t, py.JSON()), withoutTraceback(t, other.JSON()), name)
	assert.Equal(t, bridge.RaisedBy(want), bridge.RaisedBy(got), name)
}

// as reports whether an error is of a type; for an input error also which.
func as[T error](err error) any {
	target := *new(T)
	if !errors.As(err, &target) {
		return nil
	}
	if input, ok := any(target).(*mistral.InputError); ok {
		return [3]any{input.Place, input.Offset, input.Err.Error()}
	}
	return true
}

// object is where Python has an object, which no two of them have in common.
var object = regexp.MustCompile(`0x[0-9a-f]{6,}`)

// public are the fields of an exception but the traceback, which stays on the server.
func public(e bridge.PyError) map[string]any {
	all := map[string]any{}
	v := reflect.ValueOf(e)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && f.Name != "Traceback" {
			all[f.Name] = v.Field(i).Interface()
			if cause, ok := all[f.Name].(*bridge.PyCause); ok && cause != nil {
				same := *cause
				same.Message = object.ReplaceAllString(same.Message, "0x")
				all[f.Name] = &same
			}
		}
	}
	return all
}

func withoutTraceback(t *testing.T, text []byte) map[string]string {
	t.Helper()
	members, err := pyjson.Object(text)
	require.NoError(t, err)
	all := map[string]string{}
	for _, m := range members {
		if m.Key != "traceback" {
			all[m.Key] = object.ReplaceAllString(string(m.Value), "0x")
		}
	}
	return all
}
