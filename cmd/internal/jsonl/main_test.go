package jsonl

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// shared is the Runtime of this test process, on the interpreter a user gets.
var shared *bridge.Runtime

func TestMain(m *testing.M) {
	rt, err := bridge.Open(context.Background(), bridge.WithDistribution(bundled.Python()))
	if err != nil {
		fmt.Fprintln(os.Stderr, "open:", err)
		os.Exit(1)
	}
	shared = rt
	code := m.Run()
	if err := rt.Close(context.Background()); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "close:", err)
		code = 1
	}
	os.Exit(code)
}

// leakless fails the test if it leaves a goroutine of ours.
func leakless(t *testing.T) {
	t.Helper()
	ignore := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, ignore) })
}

// converse sends the lines and returns the answers.
func converse(t *testing.T, o Options, lines ...string) []string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, New(shared, o).Serve(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &out))
	text := out.String()
	require.True(t, text == "" || strings.HasSuffix(text, "\n"))
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// member is the text of a member of an answer, by a path of keys; "" if it is not
// there.
func member(t *testing.T, text string, path ...string) string {
	t.Helper()
	for _, key := range path {
		members, err := pyjson.Object([]byte(text))
		require.NoError(t, err, text)
		text = string(pyjson.Last(members, key))
		if text == "" {
			return ""
		}
	}
	return text
}

const load = `{"id":0,"op":"load","args":{"name":"v3-tekken","mode":"test"}}`

// encode is the line of a chat request.
func encode(id, request string) string {
	return `{"id":` + id + `,"op":"encode_chat_completion","h":"h0","args":{"request":` + request + `,"max":null}}`
}

func user(content string) string { return `{"messages":[{"role":"user","content":` + content + `}]}` }
