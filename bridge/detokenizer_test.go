package bridge_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// anyIDs draws the ids of texts, ids of any kind, and bytes that are no character.
func anyIDs(t testing.TB, tok *bridge.Tokenizer, special []int32) *rapid.Generator[[]int32] {
	bytes := byteIDs(t, tok)
	words := tok.Describe().Words
	edges := append(edgeIDs(t, tok), bytes[0xe5], bytes[0xf0], bytes[0x9f])
	return rapid.Custom(func(r *rapid.T) []int32 {
		ids := rapid.SliceOfN(rapid.SampledFrom(edges), 0, 4).Draw(r, "begin")
		for range rapid.IntRange(0, 8).Draw(r, "parts") {
			switch rapid.IntRange(0, 5).Draw(r, "part") {
			case 0:
				text, err := tok.EncodeText(r.Context(), anyText(4).Draw(r, "text"), false, false)
				require.NoError(r, err)
				cut := rapid.IntRange(0, len(text)).Draw(r, "cut")
				ids = append(ids, text[cut:]...)
			case 1:
				ids = append(ids, rapid.SampledFrom(special).Draw(r, "special"))
			case 2:
				ids = append(ids, int32(rapid.IntRange(0, words-1).Draw(r, "id")))
			case 3: // the bytes of a character, or some of them
				char := string(rapid.Rune().Draw(r, "rune"))
				from := rapid.IntRange(0, len(char)-1).Draw(r, "from")
				for _, b := range []byte(char)[from:rapid.IntRange(from+1, len(char)).Draw(r, "to")] {
					ids = append(ids, bytes[b])
				}
			case 4:
				ids = append(ids, bytes[rapid.Byte().Draw(r, "byte")])
			case 5:
				ids = append(ids, rapid.SampledFrom(edges).Draw(r, "edge"))
			}
		}
		return ids
	})
}

// edgeIDs are ids of spaces, of words with and without one, and of what is unknown.
func edgeIDs(t testing.TB, tok *bridge.Tokenizer) []int32 {
	t.Helper()
	ids := []int32{0, 1, 2}
	vocab, err := tok.Vocab(t.Context())
	require.NoError(t, err)
	for id, piece := range vocab {
		switch strings.ReplaceAll(string(piece), "▁", " ") {
		case " ", "  ", "   ", " Hello", "Hello", "a":
			ids = append(ids, int32(id))
		}
	}
	return ids
}

// byteIDs are the ids of the 256 bytes.
func byteIDs(t testing.TB, tok *bridge.Tokenizer) (ids [256]int32) {
	t.Helper()
	vocab, err := tok.Vocab(t.Context())
	require.NoError(t, err)
	for id := range vocab {
		if tok.Describe().Raw == "Tekkenizer" {
			if id >= tok.Describe().SpecialTokens && len(vocab[id]) == 1 {
				ids[vocab[id][0]] = int32(id)
			}
			continue
		}
		piece := string(vocab[id])
		if len(piece) == 6 && strings.HasPrefix(piece, "<0x") {
			b, err := tok.TokenBytes(t.Context(), []int32{int32(id)})
			require.NoError(t, err)
			ids[b[0][0]] = int32(id)
		}
	}
	return ids
}

// However the ids are cut, the texts are what the reference makes of all of them, and no
// text ends within a character.
func TestDetokenizer_sameAsDecode(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, detokenizerLaw(t, shipped(t, name)))
		})
	}
}

func detokenizerLaw(t testing.TB, tok *bridge.Tokenizer) func(*rapid.T) {
	specials, err := tok.Specials(t.Context())
	require.NoError(t, err)
	ids := anyIDs(t, tok, specials.SpecialIDs)
	return func(r *rapid.T) {
		tokens := ids.Draw(r, "ids")
		for _, policy := range []bridge.Policy{bridge.Ignore, bridge.Keep, bridge.Raise} {
			want, wantErr := tok.Decode(r.Context(), tokens, policy)
			d, err := tok.NewDetokenizer(r.Context(), policy)
			require.NoError(r, err)
			var got strings.Builder
			var failed error
			for rest := tokens; len(rest) > 0 && failed == nil; {
				n := rapid.IntRange(1, len(rest)).Draw(r, "cut")
				var text string
				if rapid.Bool().Draw(r, "events") {
					var events []bridge.Event
					events, failed = d.Events(rest[:n]...)
					for _, e := range events {
						require.Equal(r, e.Kind == bridge.EventText, e.ID < 0)
						text += e.Text
					}
				} else {
					text, failed = d.Add(rest[:n]...)
				}
				require.True(r, utf8.ValidString(text), "%q", text)
				got.WriteString(text)
				rest = rest[n:]
			}
			if wantErr != nil {
				require.Equal(r, bridge.Raise, policy)
				require.ErrorAs(r, failed, new(*bridge.SpecialTokenError))
				require.ErrorIs(r, failed, bridge.ErrInvalidRequest)
				continue
			}
			require.NoError(r, failed)
			got.WriteString(d.Flush())
			require.Equal(r, want, got.String(), "policy %d of %v", policy, tokens)
		}
	}
}

func TestTokenBytes_spellText(t *testing.T) {
	for _, name := range shippedNames {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, tokenBytesLaw(t, shipped(t, name)))
		})
	}
}

func tokenBytesLaw(_ testing.TB, tok *bridge.Tokenizer) func(*rapid.T) {
	return func(r *rapid.T) {
		text := anyText(12).Draw(r, "text")
		ids, err := tok.EncodeText(r.Context(), text, false, false)
		require.NoError(r, err)
		pieces, err := tok.TokenBytesAsync(r.Context(), ids).Await(r.Context())
		require.NoError(r, err)
		var whole []byte
		for _, piece := range pieces {
			whole = append(whole, piece...)
		}
		got := string(whole)
		if tok.Describe().Raw != "Tekkenizer" {
			got = strings.TrimPrefix(got, " ")
			text = strings.ReplaceAll(text, "▁", " ") // SentencePiece does not distinguish them
		}
		require.Equal(r, text, got)
	}
}

// A Tekkenizer returns the bytes of one id itself.
func TestTokenBytes_reference(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	for _, id := range []int32{0, 1, 9, 999, 1000, 1255, 5000, 131071} {
		t.Run(fmt.Sprint(id), func(t *testing.T) {
			want, err := tok.IDToBytePiece(t.Context(), id, bridge.Keep)
			require.NoError(t, err)
			got, err := tok.TokenBytes(t.Context(), []int32{id})
			require.NoError(t, err)
			assert.Equal(t, [][]byte{want}, got)
		})
	}
	_, err := tok.TokenBytes(t.Context(), []int32{5, 131072})
	var strange *bridge.TokenIDError
	require.ErrorAs(t, err, &strange)
	assert.Equal(t, bridge.TokenIDError{Op: "token bytes", ID: 131072, Index: 1, Words: 131072}, *strange)
}

// A call that fails takes none of its ids; the text continues where it was.
func TestDetokenizer_afterError(t *testing.T) {
	for name, strange := range map[string]int32{"v3": 32768, "v3-tekken": 131072} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			ids, err := tok.EncodeText(t.Context(), "Hello 𒀀 you", false, false)
			require.NoError(t, err)
			d, err := tok.NewDetokenizerAsync(t.Context(), bridge.Raise).Await(t.Context())
			require.NoError(t, err)
			var text string
			for _, id := range ids {
				for _, bad := range []int32{strange, -1, 3} {
					_, err := d.Add(id, bad)
					require.Error(t, err)
					require.Equal(t, bridge.ReasonRejected, bridge.ReasonOf(err), "%v", err)
					_, err = d.Events(id, bad)
					require.Error(t, err)
				}
				more, err := d.Add(id)
				require.NoError(t, err)
				text += more
			}
			assert.Equal(t, "Hello 𒀀 you", text+d.Flush())
			again, err := d.Add(ids[0])
			require.NoError(t, err)
			assert.Equal(t, "Hello", again, "after Flush another text begins")
		})
	}
	_, err := shipped(t, "v3").NewDetokenizer(t.Context(), 7)
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
}

func TestDetokenizer_events(t *testing.T) {
	tok := shipped(t, "v7")
	call, err := tok.EncodeText(t.Context(), `[{"name": "f"}]`, false, false)
	require.NoError(t, err)
	marker, err := tok.GetSpecialToken(t.Context(), "[TOOL_CALLS]")
	require.NoError(t, err)
	d, err := tok.NewDetokenizer(t.Context(), bridge.Ignore)
	require.NoError(t, err)
	events, err := d.Events(append(append([]int32{marker}, call...), 2, 4)...)
	require.NoError(t, err)
	assert.Equal(t, []bridge.Event{
		{Kind: bridge.EventToolCalls, ID: marker, Name: "[TOOL_CALLS]"},
		{Kind: bridge.EventText, ID: -1, Text: `[{"name": "f"}]`},
		{Kind: bridge.EventEnd, ID: 2, Name: "</s>"},
		{Kind: bridge.EventSpecial, ID: 4, Name: "[/INST]"},
	}, events)
	assert.Equal(t, "tool_calls", bridge.EventToolCalls.String())
}
