package client_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/client"
)

// Without WithRetries nothing is tried twice; with it what cannot succeed is not either.
func TestWithRetries(t *testing.T) {
	for name, c := range map[string]struct {
		retries, status int
		tries           int32
	}{"none": {0, 503, 1}, "two": {2, 503, 3}, "no use": {2, 500, 1}} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			var tries atomic.Int32
			tok := fake(t, func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Equal(t, "Hello", string(body), "the same each time")
				tries.Add(1)
				w.WriteHeader(c.status)
			}, client.WithRetries(c.retries))
			_, err := tok.EncodeText(t.Context(), "Hello", true, false)
			require.Error(t, err)
			assert.Equal(t, c.tries, tries.Load())
		})
	}
	// A caller that is to wait for an hour, and has less time, gets the error when its time ends.
	ctx, cancel := context.WithCancel(t.Context())
	var tries atomic.Int32
	tok := fake(t, func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
		time.AfterFunc(300*time.Millisecond, cancel) // the client's own pauses are shorter
	}, client.WithRetries(1))
	_, err := tok.EncodeText(ctx, "Hello", true, false)
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 1, tries.Load())
}

// The reference gives most warnings once in a process: here they are injected.
func TestClient_warnings(t *testing.T) {
	want := []bridge.Warning{{Module: "builtins", Category: "FutureWarning", Message: "<soon>"}}
	for body, status := range map[string]int{
		`{"tokens":[1],"count":1,"text":"a","warnings":[["builtins","FutureWarning","<soon>"]]}`:                                                                200,
		`{"error":{"reason":"rejected","message":"m","op":"o","python":{"module":"a","type":"B","mro":[]}},"warnings":[["builtins","FutureWarning","<soon>"]]}`: 400,
	} {
		tok := fake(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
		told := 0
		ctx := bridge.NotifyWarnings(t.Context(), func(w []bridge.Warning) {
			told++
			assert.Equal(t, want, w)
		})
		for i, call := range []func() error{
			func() error { _, err := tok.EncodeText(ctx, "a", true, true); return err },
			func() error { _, err := tok.CountText(ctx, "a", true, true); return err },
			func() error { _, err := tok.Decode(ctx, nil, bridge.Keep); return err },
			func() error {
				out, err := tok.EncodeChatJSON(ctx, nil)
				if err == nil {
					assert.Equal(t, want, out.Warnings)
				}
				return err
			},
		} {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				err := call()
				if status == http.StatusOK {
					require.NoError(t, err)
					return
				}
				var py *bridge.PyError
				require.ErrorAs(t, err, &py)
				assert.Equal(t, want, py.Warnings)
			})
		}
		assert.Equal(t, 4, told)
	}
}
