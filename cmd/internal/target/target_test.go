package target

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

var shared *bridge.Tokenizer

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = rt.Close(ctx) }()
	if shared, err = rt.Load(ctx, bridge.Shipped("v3-tekken")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// The three ways give the same tokens, and Python times each of its calls.
func TestTokenizer(t *testing.T) {
	target := Tokenizer(shared)
	r := &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("Hello, world!")}}}
	want := []int32{1, 3, 22177, 1044, 4304, 1033, 4}
	got, err := target.Sync(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	done, err := target.Async(t.Context(), r).Await(t.Context())
	require.NoError(t, err)
	assert.Equal(t, want, done.Tokens)
	plain, times, err := target.Reference(t.Context(), r, 3)
	require.NoError(t, err)
	assert.Equal(t, want, plain)
	require.Len(t, times, 3)
	for _, d := range times {
		assert.Positive(t, d)
	}
}

func TestTokenizer_errors(t *testing.T) {
	target := Tokenizer(shared)
	for name, r := range map[string]*mistral.ChatCompletionRequest{
		"refused by the reference": {},
		"not to be sent":           {Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text("\xff")}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, sync := target.Sync(t.Context(), r)
			_, async := target.Async(t.Context(), r).Await(t.Context())
			_, _, reference := target.Reference(t.Context(), r, 1)
			for _, err := range []error{sync, async, reference} {
				require.ErrorIs(t, err, bridge.ErrInvalidRequest)
			}
		})
	}
}
