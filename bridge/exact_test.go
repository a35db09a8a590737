package bridge_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
	"github.com/mistralbridge/mistralbridge/bridge/raw"
)

const passage = "The quick brown fox, 3.14159 times: naïve façade — 東京 👍🏽\n\tfunc f(x) { return x; }  "

// sized is a text of n bytes, but for a character that would be cut in two.
func sized(n int) string {
	return strings.ToValidUTF8(strings.Repeat(passage, n/len(passage)+1)[:n], "")
}

// Every way to ask gives what the plain Python call gives.
func TestEncodeChat_everyWay(t *testing.T) {
	for _, name := range shippedNames {
		for _, size := range []int{1 << 10, 100 << 10} {
			t.Run(fmt.Sprintf("%s/%dKB", name, size>>10), func(t *testing.T) {
				tok := shipped(t, name)
				req := user(sized(size))
				body, err := req.AppendJSON(nil)
				require.NoError(t, err)

				ref, err := raw.Of(tok).ReferenceChat(t.Context(), body, 2)
				require.NoError(t, err)
				require.Len(t, ref.Times, 2)
				require.Greater(t, len(ref.Tokens), size/10)

				refAsync, err := raw.Of(tok).ReferenceChatAsync(t.Context(), body, 1).Await(t.Context())
				require.NoError(t, err)
				assert.Equal(t, ref.Tokens, refAsync.Tokens)

				for i, opts := range [][]bridge.EncodeOption{
					nil, {bridge.WithPlain()}, {bridge.WithText()}, {bridge.WithText(), bridge.WithPlain()}, {bridge.WithoutMedia()},
				} {
					t.Run(strconv.Itoa(i), func(t *testing.T) {
						out, err := tok.EncodeChat(t.Context(), req, opts...)
						require.NoError(t, err)
						assert.Equal(t, ref.Tokens, out.Tokens)
						again, err := tok.EncodeChatAsync(t.Context(), req, opts...).Await(t.Context())
						require.NoError(t, err)
						assert.Equal(t, out, again)
						fromJSON, err := tok.EncodeChatJSON(t.Context(), body, opts...)
						require.NoError(t, err)
						assert.Equal(t, out, fromJSON)
						fromJSON, err = tok.EncodeChatJSONAsync(t.Context(), body, opts...).Await(t.Context())
						require.NoError(t, err)
						assert.Equal(t, out, fromJSON)
					})
				}
				n, err := tok.Count(t.Context(), req)
				require.NoError(t, err)
				assert.Equal(t, len(ref.Tokens), n)
				n, err = tok.CountJSONAsync(t.Context(), body, bridge.WithPlain()).Await(t.Context())
				require.NoError(t, err)
				assert.Equal(t, len(ref.Tokens), n)
			})
		}
	}
}

func TestWithText(t *testing.T) {
	out, err := shipped(t, "v3").EncodeChat(t.Context(), user("Hello"), bridge.WithText())
	require.NoError(t, err)
	assert.Equal(t, "<s>[INST]▁Hello[/INST]", out.Text)
	assert.Empty(t, out.Warnings, "the text is read without the deprecated property")
	plain, err := shipped(t, "v3").EncodeChat(t.Context(), user("Hello"))
	require.NoError(t, err)
	assert.Empty(t, plain.Text)
}

func TestDecode_roundTrip(t *testing.T) {
	for _, name := range []string{"v3", "v3-tekken"} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			text := passage + "\x00\x01\x7f"
			ids, err := tok.EncodeText(t.Context(), text, true, true)
			require.NoError(t, err)
			bare, err := tok.EncodeTextAsync(t.Context(), text, false, false).Await(t.Context())
			require.NoError(t, err)
			assert.Equal(t, bare, ids[1:len(ids)-1])
			n, err := tok.CountText(t.Context(), text, true, true)
			require.NoError(t, err)
			assert.Equal(t, len(ids), n)
			n, err = tok.CountTextAsync(t.Context(), text, false, true).Await(t.Context())
			require.NoError(t, err)
			assert.Equal(t, len(bare)+1, n)

			back, err := tok.Decode(t.Context(), ids, bridge.Ignore)
			require.NoError(t, err)
			assert.Equal(t, text, back)
			kept, err := tok.DecodeAsync(t.Context(), ids, bridge.Keep).Await(t.Context())
			require.NoError(t, err)
			assert.NotEqual(t, text, kept)
			assert.True(t, strings.HasPrefix(kept, "<s>"), kept[:10])
			_, err = tok.Decode(t.Context(), ids, bridge.Raise)
			pyError(t, err, "builtins.ValueError")
		})
	}
}

func TestEncodeText_empty(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	ids, err := tok.EncodeText(t.Context(), "", false, false)
	require.NoError(t, err)
	assert.Empty(t, ids)
	text, err := tok.Decode(t.Context(), nil, bridge.Ignore)
	require.NoError(t, err)
	assert.Empty(t, text)
	n, err := tok.CountText(t.Context(), "", true, false)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}

func TestWithMaxModelInputLen(t *testing.T) {
	tok := shipped(t, "v7") // the first version that truncates
	req := &mistral.ChatCompletionRequest{
		TruncateForContextLength: true,
		Messages: []mistral.Message{
			mistral.UserMessage{Content: mistral.Text(strings.Repeat("old ", 100))},
			mistral.AssistantMessage{Content: mistral.Text("yes")},
			mistral.UserMessage{Content: mistral.Text("new")},
		},
	}
	_, err := tok.EncodeChat(t.Context(), req)
	pyError(t, err, "mistral_common.exceptions.TokenizerException")
	long, err := tok.EncodeChat(t.Context(), req, bridge.WithMaxModelInputLen(1000))
	require.NoError(t, err)
	short, err := tok.EncodeChat(t.Context(), req, bridge.WithMaxModelInputLen(20))
	require.NoError(t, err)
	assert.Greater(t, len(long.Tokens), 100)
	assert.LessOrEqual(t, len(short.Tokens), 20)
	_, err = tok.EncodeChat(t.Context(), req, bridge.WithMaxModelInputLen(2))
	assert.Contains(t, pyError(t, err, "mistral_common.exceptions.TokenizerException").Message, "couldn't fit")
}

// The versions before it cut nothing, as the doc of the option says.
func TestWithMaxModelInputLen_beforeV7(t *testing.T) {
	for _, name := range []string{"v1", "v2", "v3", "v3-tekken"} {
		t.Run(name, func(t *testing.T) {
			tok := shipped(t, name)
			req := user(strings.Repeat("old ", 100))
			whole, err := tok.EncodeChat(t.Context(), req)
			require.NoError(t, err)
			req.TruncateForContextLength = true
			same, err := tok.EncodeChat(t.Context(), req, bridge.WithMaxModelInputLen(20))
			require.NoError(t, err)
			assert.Equal(t, whole.Tokens, same.Tokens)
		})
	}
}

func TestEncodeChat_images(t *testing.T) {
	tok := shipped(t, "v3-tekken-mm")
	// A 1×1 PNG.
	const png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
	req := &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Chunks(
		mistral.TextChunk{Text: "What?"}, mistral.ImageURLChunk{URL: png}, &mistral.ImageURLChunk{URL: png, Detail: ptr("low")},
	)}}}
	out, err := tok.EncodeChat(t.Context(), req)
	require.NoError(t, err)
	require.Len(t, out.Images, 2)
	for _, image := range out.Images {
		assert.Equal(t, 3, image.Shape[0])
		assert.Len(t, image.Pixels, image.Shape[0]*image.Shape[1]*image.Shape[2])
	}
	bare, err := tok.EncodeChat(t.Context(), req, bridge.WithoutMedia())
	require.NoError(t, err)
	assert.Empty(t, bare.Images)
	assert.Equal(t, out.Tokens, bare.Tokens)
	n, err := tok.Count(t.Context(), req, bridge.WithoutMedia())
	require.NoError(t, err)
	assert.Equal(t, len(out.Tokens), n)
}

func TestEncodeChat_prefixIDs(t *testing.T) {
	tok := shipped(t, "v3")
	req := user("Write")
	req.Messages = append(req.Messages, mistral.AssistantMessage{Content: mistral.Text("Once upon"), Prefix: true})
	out, err := tok.EncodeChat(t.Context(), req)
	require.NoError(t, err)
	require.NotEmpty(t, out.PrefixIDs)
	assert.Equal(t, out.PrefixIDs, out.Tokens[len(out.Tokens)-len(out.PrefixIDs):])
}

// A message that carries a weight makes a finetuning request.
func TestEncodeChat_weight(t *testing.T) {
	tok := load(t, rt(t), bridge.Shipped("v3"), bridge.WithMode(bridge.Finetuning))
	req := user("1+1?")
	req.Messages = append(req.Messages, mistral.AssistantMessage{Content: mistral.Text("2"), Weight: ptr(1.0)})
	out, err := tok.EncodeChat(t.Context(), req)
	require.NoError(t, err)
	assert.NotEmpty(t, out.Tokens)
}

func TestRaw(t *testing.T) {
	tok := shipped(t, "v3-tekken")
	got, err := raw.Of(tok).Call(t.Context(), "encode", []byte(`["Hello", true, false]`), nil)
	require.NoError(t, err)
	assert.JSONEq(t, `[1,22177]`, string(got))
	got, err = raw.Of(tok).CallAsync(t.Context(), "id_to_byte_piece", []byte(`[22177]`), []byte(`{"special_token_policy":"keep"}`)).Await(t.Context())
	require.NoError(t, err)
	assert.JSONEq(t, `{"__bytes__":"SGVsbG8="}`, string(got))
	_, err = raw.Of(tok).Call(t.Context(), "__class__", nil, nil)
	pyError(t, err, "pyshim.errors.UnknownMethod")
	_, err = raw.Of(tok).Call(t.Context(), "encode", []byte(`[`), nil)
	require.EqualError(t, err, "bridge: args: unexpected end of JSON at byte 1")
	require.ErrorIs(t, err, bridge.ErrInvalidRequest)
}
