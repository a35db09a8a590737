package bridge_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// pathOf is where mistral_common keeps a shipped tokenizer.
func pathOf(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(shared.Info().Prefix, "lib/python*/site-packages/mistral_common/data", pattern))
	require.NoError(t, err)
	require.NotEmpty(t, found, pattern)
	return found[0]
}

func TestLoad_sources(t *testing.T) {
	rt := rt(t)
	base := held(t)
	v3 := pathOf(t, "*.model.v3")
	dir := t.TempDir()
	content, err := os.ReadFile(v3)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tokenizer.model.v3"), content, 0o600))

	var want []int32
	for i, src := range []bridge.Source{
		bridge.Shipped("v3"), bridge.File(v3), bridge.Model("mistralai/Mistral-7B-Instruct-v0.3"), bridge.ModelDir(dir),
	} {
		tok := load(t, rt, src)
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			assert.Equal(t, src, tok.Source())
			if i == 2 {
				require.Len(t, tok.Warnings(), 1)
				assert.Contains(t, tok.Warnings()[0].Message, "Mistral-7B-Instruct-v0.3 is taken for the shipped v3, which is not that model's own file")
			} else {
				assert.Empty(t, tok.Warnings())
			}
			out, err := tok.EncodeChat(t.Context(), user("Hello"))
			require.NoError(t, err, src)
			if want == nil {
				want = out.Tokens
			}
			assert.Equal(t, want, out.Tokens, src)
			d := tok.Describe()
			assert.Equal(t, []any{"SentencePieceTokenizer", "v3", 32768, "test"}, []any{d.Raw, d.Version, d.Words, d.Mode})
			assert.Contains(t, string(tok.DescriptionJSON()), `"cls"`)
		})
	}
	now := held(t)
	assert.Equal(t, base.Handles+4, now.Handles)
	assert.LessOrEqual(t, now.Objects, base.Objects+2, "one object for three roads to one file, one for the copy")
}

func TestLoad_modes(t *testing.T) {
	rt := rt(t)
	base := held(t)
	test := load(t, rt, bridge.Shipped("v3"))
	serving := load(t, rt, bridge.Shipped("v3"), bridge.WithMode(bridge.Serving))
	again := load(t, rt, bridge.Shipped("v3"), bridge.WithMode(bridge.Serving))
	assert.Equal(t, "test", test.Describe().Mode)
	assert.Equal(t, "serving", again.Describe().Mode)
	assert.Equal(t, base.Handles+3, held(t).Handles)
	assert.LessOrEqual(t, held(t).Objects, base.Objects+2)
	_, err := serving.EncodeChat(t.Context(), user("Hello")) // serving wants a model's name
	pyError(t, err, "mistral_common.exceptions.InvalidRequestException")
	req := user("Hello")
	req.Model = ptr("m")
	_, err = serving.EncodeChat(t.Context(), req)
	require.NoError(t, err)
}

func TestLoadRaw(t *testing.T) {
	rt := rt(t)
	for _, pattern := range []string{"tekken*.json", "*.model.v3"} {
		t.Run(pattern, func(t *testing.T) {
			tok, err := rt.LoadRaw(t.Context(), pathOf(t, pattern))
			require.NoError(t, err)
			ids, err := tok.EncodeText(t.Context(), "Hello", true, false)
			require.NoError(t, err)
			back, err := tok.Decode(t.Context(), ids, bridge.Ignore)
			require.NoError(t, err)
			assert.Equal(t, "Hello", back)
			_, err = tok.EncodeChat(t.Context(), user("Hello"))
			pyError(t, err, "pyshim.errors.WrongKind")
			require.NoError(t, tok.Close(t.Context()))
		})
	}
}

// A load whose caller goes away must not leave its object behind.
func TestLoad_cancelled(t *testing.T) {
	rt := rt(t)
	for i := range 30 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*300*time.Microsecond)
		tok, err := rt.Load(ctx, bridge.Shipped("v2"))
		future := rt.LoadAsync(ctx, bridge.Shipped("v2"), bridge.WithMode(bridge.Serving))
		if err == nil {
			require.NoError(t, tok.Close(t.Context()))
		} else {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		if other, err := future.Await(t.Context()); err == nil {
			require.NoError(t, other.Close(t.Context()))
		} else {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		cancel()
	}
}
