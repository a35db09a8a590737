package bridge_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// An id that there is not is named as the caller wrote it, with its place; the reference's
// own exception is behind it, if there is one.
func TestTokenIDError(t *testing.T) {
	for name, c := range map[string]struct {
		words           int32
		class, negative string // of the reference's exception
	}{
		"v3":        {32768, "builtins.IndexError", "builtins.IndexError"},
		"v3-tekken": {131072, "builtins.KeyError", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			ctx := t.Context()
			for _, id := range []int32{c.words, c.words + 1000, 1<<31 - 1, -1, -5, -1 << 31} {
				t.Run(fmt.Sprint(id), func(t *testing.T) {
					for what, ask := range map[string]func() error{
						"decode":           func() error { _, err := tok.Decode(ctx, []int32{5, 6, id}, bridge.Keep); return err },
						"decode, ignoring": func() error { _, err := tok.DecodeAsync(ctx, []int32{5, 6, id}, bridge.Ignore).Await(ctx); return err },
						"pieces":           func() error { _, err := tok.Pieces(ctx, []int32{5, 6, id}); return err },
						"piece":            func() error { _, err := tok.IDToPiece(ctx, id); return err },
						"bytes":            func() error { _, err := tok.IDToBytePiece(ctx, id, bridge.Keep); return err },
					} {
						if what == "bytes" && name == "v3" {
							continue // an AttributeError for any id
						}
						err := ask()
						var strange *bridge.TokenIDError
						require.ErrorAs(t, err, &strange, "%s %d", what, id)
						assert.Equal(t, id, strange.ID)
						assert.Equal(t, int(c.words), strange.Words)
						if what == "decode" {
							assert.Equal(t, 2, strange.Index)
							assert.Contains(t, err.Error(), "decode: tokens[2] is ")
						}
						callersFault(t, err, bridge.ReasonRejected)
						var pe *bridge.PyError
						switch {
						case id >= c.words && id < 1<<30:
							pyError(t, err, c.class)
						case id < 0 && c.negative != "":
							pyError(t, err, c.negative)
						case id == -1:
							assert.False(t, bridge.ReasonOf(err) != bridge.ReasonRejected || asType(err, &pe), "%v", err)
						}
					}
				})
			}
			special, err := tok.IsSpecial(ctx, -1)
			if name == "v3-tekken" {
				require.NoError(t, err)
				assert.False(t, special)
			} else {
				require.ErrorAs(t, err, new(*bridge.TokenIDError))
				callersFault(t, err, bridge.ReasonRejected)
			}
			text, err := tok.Decode(ctx, []int32{c.words - 1}, bridge.Ignore)
			require.NoError(t, err)
			assert.NotEmpty(t, text)
		})
	}
}
