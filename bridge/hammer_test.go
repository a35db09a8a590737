package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

// Many goroutines, every operation, contexts that end at any moment: each outcome
// is the right answer or the context's error, and nothing is left over.
func TestHammer(t *testing.T) {
	rt := rt(t)
	spm, tekken := shipped(t, "v3"), shipped(t, "v3-tekken")
	rounds := 40
	if raceEnabled || testing.Short() {
		rounds = 12
	}
	var wg sync.WaitGroup
	for g := range 64 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range rounds {
				tok, want := spm, []int32{1, 3, 23325, 4}
				if r.IntN(2) == 0 {
					tok, want = tekken, []int32{1, 3, 22177, 4}
				}
				ctx, cancel := context.WithCancel(t.Context())
				if r.IntN(3) == 0 {
					ctx, cancel = context.WithTimeout(t.Context(), time.Duration(r.IntN(3000))*time.Microsecond)
				}
				err := hammerOnce(ctx, rt, tok, want, r)
				cancel()
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	nextCallWorks(t)
}

func hammerOnce(ctx context.Context, rt *bridge.Runtime, tok *bridge.Tokenizer, want []int32, r *rand.Rand) error {
	var got any
	var err error
	expected := any(want)
	switch r.IntN(8) {
	case 0:
		var out *bridge.Tokenized
		if out, err = tok.EncodeChat(ctx, user("Hello")); err == nil {
			got = out.Tokens
		}
	case 1:
		var out *bridge.Tokenized
		if out, err = tok.EncodeChatAsync(ctx, user("Hello"), bridge.WithPlain()).Await(context.Background()); err == nil {
			got = out.Tokens
		}
	case 2:
		expected = len(want)
		got, err = tok.CountAsync(ctx, user("Hello")).Await(ctx)
	case 3:
		got, err = tok.EncodeText(ctx, "Hello", true, false)
		expected = []int32{1, want[2]}
	case 4:
		got, err = tok.DecodeAsync(ctx, want, bridge.Ignore).Await(ctx)
		expected = "Hello"
		if tok.Describe().Raw == "SentencePieceTokenizer" {
			expected = "Hello" // control pieces are left out here too
		}
	case 5:
		_, err = tok.EncodeChat(ctx, user("\xff"))
		if errors.Is(err, bridge.ErrInvalidUTF8) {
			return nil
		}
	case 6:
		_, err = tok.EncodeChat(ctx, &mistral.ChatCompletionRequest{})
		if errors.Is(err, bridge.ErrInvalidRequest) {
			return nil
		}
	case 7:
		var mine *bridge.Tokenizer
		if mine, err = rt.LoadAsync(ctx, bridge.Shipped("v3")).Await(context.Background()); err != nil {
			return err
		}
		got, err = mine.CountText(ctx, "Hello", false, false)
		expected = 1
		if cerr := mine.Close(context.Background()); cerr != nil {
			return cerr
		}
	}
	if err == nil && fmt.Sprint(got) != fmt.Sprint(expected) {
		return fmt.Errorf("got %v, want %v", got, expected)
	}
	return err
}

// Ten thousand of everything leave the process as it was.
func TestSoak(t *testing.T) {
	rt := rt(t)
	n := 10_000
	if raceEnabled || testing.Short() {
		n = 1_500
	}
	tok := shipped(t, "v3")
	body, err := user("Hello").AppendJSON(nil)
	require.NoError(t, err)
	ctx := t.Context()
	ops := map[string]func() error{
		"chat":   func() error { _, err := tok.EncodeChat(ctx, user("Hello")); return err },
		"text":   func() error { _, err := tok.EncodeChat(ctx, user("Hello"), bridge.WithText()); return err },
		"plain":  func() error { _, err := tok.EncodeChatJSON(ctx, body, bridge.WithPlain()); return err },
		"async":  func() error { _, err := tok.EncodeChatJSONAsync(ctx, body).Await(ctx); return err },
		"count":  func() error { _, err := tok.CountJSON(ctx, body); return err },
		"encode": func() error { _, err := tok.EncodeText(ctx, "Hello", true, true); return err },
		"decode": func() error { _, err := tok.Decode(ctx, []int32{1, 23325}, bridge.Keep); return err },
		"raw":    func() error { _, err := raw.Of(tok).Call(ctx, "id_to_piece", []byte(`[23325]`), nil); return err },
		"refer":  func() error { _, err := raw.Of(tok).ReferenceChat(ctx, body, 1); return err },
		"error": func() error {
			if _, err := tok.EncodeChatJSON(ctx, []byte(`{"messages":[]}`)); !errors.Is(err, bridge.ErrInvalidRequest) {
				return otherwise("an empty chat", err)
			}
			return nil
		},
		"load": func() error {
			mine, err := rt.Load(ctx, bridge.Shipped("v3"))
			if err != nil {
				return err
			}
			return mine.Close(ctx)
		},
		"abandon": func() error {
			ended, cancel := context.WithCancel(ctx)
			tok.CountJSONAsync(ended, body)
			cancel()
			return nil
		},
	}
	for name, op := range ops {
		t.Run(name, func(t *testing.T) {
			assertBalanced(t)
			for range n / 10 { // warm-up
				require.NoError(t, again(ctx, op))
			}
			before := rss(t)
			for range n {
				require.NoError(t, again(ctx, op))
			}
			assert.Less(t, rss(t)-before, int64(rssMargin), "bytes of growth over %d calls", n)
		})
	}
}

// again makes the call, anew if the queue was full.
func again(ctx context.Context, op func() error) error {
	for {
		err := op()
		if !errors.Is(err, bridge.ErrOverloaded) {
			return err
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
