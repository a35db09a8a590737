package bridge_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// familyCase is one of testdata/golden/families, which the plain reference wrote.
type familyCase struct {
	Name, Op  string
	Request   json.RawMessage
	Tokens    []int32
	PrefixIDs []int32 `json:"prefix_ids"`
	Images    []familyArray
	Audios    []familyArray
	Kept      []int
	Count     int
	Error     *struct{ Module, Type, Message string }
}

type familyArray struct {
	Dtype  string
	Shape  []int
	SHA256 string
	Rate   int `json:"sr"`
	Format string
}

// Every family, through its Go type and as JSON, gives what the reference gives.
func TestFamilies_golden(t *testing.T) {
	files, err := filepath.Glob("../testdata/golden/families/*.json")
	require.NoError(t, err)
	require.Len(t, files, len(shippedNames)+4)
	typed := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var g struct {
			Tokenizer string
			Cases     []familyCase
		}
		require.NoError(t, json.Unmarshal(text, &g))
		t.Run(g.Tokenizer, func(t *testing.T) {
			tok := named(t, g.Tokenizer)
			for _, c := range g.Cases {
				if c.Op == "fit" {
					fitAsGolden(t, tok, c)
					continue
				}
				asTyped, asJSON := encoders(t, tok, c.Op, c.Request)
				done, err := asJSON()
				sameAsGolden(t, c, done, err)
				if asTyped != nil {
					typed++
					done, err = asTyped()
					sameAsGolden(t, c, done, err)
				}
			}
		})
	}
	assert.Greater(t, typed, 500, "cases that the Go types can say")
}

// encoders are the two ways to encode a request; the first is nil if the Go type cannot
// say it.
func encoders(t *testing.T, tok *bridge.Tokenizer, op string, text []byte) (asTyped, asJSON func() (*bridge.Tokenized, error)) {
	ctx := t.Context()
	switch op {
	case "chat":
		if req, err := mistral.ParseChatCompletionRequest(text); err == nil {
			asTyped = func() (*bridge.Tokenized, error) { return tok.EncodeChat(ctx, req) }
		}
		return asTyped, func() (*bridge.Tokenized, error) { return tok.EncodeChatJSON(ctx, text) }
	case "instruct":
		if req, err := mistral.ParseInstructRequest(text); err == nil {
			asTyped = func() (*bridge.Tokenized, error) { return tok.EncodeInstruct(ctx, req) }
		}
		return asTyped, func() (*bridge.Tokenized, error) { return tok.EncodeInstructJSON(ctx, text) }
	case "fim":
		if req, err := mistral.ParseFIMRequest(text); err == nil {
			asTyped = func() (*bridge.Tokenized, error) { return tok.EncodeFIMAsync(ctx, req).Await(ctx) }
		}
		return asTyped, func() (*bridge.Tokenized, error) { return tok.EncodeFIMJSON(ctx, text) }
	case "transcription":
		if req, err := mistral.ParseTranscriptionRequest(text); err == nil {
			asTyped = func() (*bridge.Tokenized, error) { return tok.EncodeTranscription(ctx, req) }
		}
		return asTyped, func() (*bridge.Tokenized, error) { return tok.EncodeTranscriptionJSON(ctx, text) }
	case "openai":
		return nil, func() (*bridge.Tokenized, error) { return tok.EncodeOpenAI(ctx, text) }
	case "speech":
		if req, err := mistral.ParseSpeechRequest(text); err == nil {
			asTyped = func() (*bridge.Tokenized, error) { return tok.EncodeSpeechRequest(ctx, req) }
		}
		return asTyped, func() (*bridge.Tokenized, error) { return tok.EncodeSpeechRequestJSON(ctx, text) }
	}
	require.Fail(t, "no such op", op)
	return nil, nil
}

func fitAsGolden(t *testing.T, tok *bridge.Tokenizer, c familyCase) {
	t.Helper()
	var given struct {
		Request json.RawMessage
		N       int
	}
	require.NoError(t, json.Unmarshal(c.Request, &given))
	found, err := tok.FitChatJSON(t.Context(), given.Request, given.N)
	if c.Error != nil {
		sameAsGolden(t, c, nil, err)
		return
	}
	if len(c.Kept) == 0 { // the last turn alone is more than fits
		require.ErrorIs(t, err, bridge.ErrInvalidRequest, c.Name)
		assert.ErrorContains(t, err, fmt.Sprintf("have %d tokens together, more than %d", c.Count, given.N), c.Name)
		return
	}
	require.NoError(t, err, c.Name)
	assert.Equal(t, c.Kept, append([]int{}, found.Kept...), c.Name)
	assert.Equal(t, c.Count, found.Tokens, c.Name)
}

func sameAsGolden(t *testing.T, c familyCase, done *bridge.Tokenized, err error) {
	t.Helper()
	if c.Error != nil {
		var pe *bridge.PyError
		require.ErrorAs(t, err, &pe, c.Name)
		assert.Equal(t, *c.Error, struct{ Module, Type, Message string }{pe.Module, pe.Type, pe.Message}, c.Name)
		return
	}
	require.NoError(t, err, c.Name)
	assert.Equal(t, c.Tokens, done.Tokens, c.Name)
	assert.Equal(t, c.PrefixIDs, done.PrefixIDs, c.Name)
	require.Len(t, done.Images, len(c.Images), c.Name)
	for i, want := range c.Images {
		assert.Equal(t, want.Shape, done.Images[i].Shape[:])
		assert.Equal(t, want.SHA256, hash(done.Images[i].Pixels))
	}
	require.Len(t, done.Audios, len(c.Audios))
	for i, want := range c.Audios {
		got := done.Audios[i]
		assert.Equal(t, want.Shape, []int{len(got.Samples)})
		assert.Equal(t, want.SHA256, hash(got.Samples))
		assert.Equal(t, want.Rate, got.SamplingRate)
		assert.Equal(t, want.Format, got.Format)
	}
}

func hash(values []float32) string {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// named is a shipped tokenizer, or a synthetic one, "synthetic-v15".
func named(t testing.TB, name string) *bridge.Tokenizer {
	if version, ok := strings.CutPrefix(name, "synthetic-"); ok {
		return synthetic(t, version)
	}
	return shipped(t, name)
}

var synthetics = struct {
	sync.Mutex
	toks map[string]*bridge.Tokenizer
}{toks: map[string]*bridge.Tokenizer{}}

// synthetic is a Tekken of a version that is not shipped, cut from one that is. It
// stays loaded. It is made as pyshim/tests/synthetic.py makes it.
func synthetic(t testing.TB, version string) *bridge.Tokenizer {
	t.Helper()
	synthetics.Lock()
	defer synthetics.Unlock()
	tok := synthetics.toks[version]
	if tok == nil {
		var err error
		tok, err = shared.Load(t.Context(), bridge.File(syntheticFile(t, filepath.Join(keptDir, version), version)))
		require.NoError(t, err)
		synthetics.toks[version] = tok
		keeping.Add(1)
	}
	assertBalanced(t)
	return tok
}

// syntheticFile writes the file into a directory.
func syntheticFile(t testing.TB, dir, version string) string {
	t.Helper()
	tekken, err := shared.Load(t.Context(), bridge.Shipped("v3-tekken"))
	require.NoError(t, err)
	ids, err := tekken.Specials(t.Context())
	require.NoError(t, err)
	require.NoError(t, tekken.Close(t.Context()))
	text, err := os.ReadFile(filepath.Join(filepath.Dir(ids.FilePath), "tekken_240911.json"))
	require.NoError(t, err)
	var file map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &file))
	set := func(key string, v any) {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		file[key] = text
	}
	var vocab []json.RawMessage
	require.NoError(t, json.Unmarshal(file["vocab"], &vocab))
	var config map[string]any
	require.NoError(t, json.Unmarshal(file["config"], &config))
	config["version"], config["num_vocab_tokens"] = version, 4000
	config["default_vocab_size"], config["default_num_special_tokens"] = 4100, 100
	set("vocab", vocab[:4000])
	set("config", config)
	specials := make([]map[string]any, len(specialTokens))
	for rank, name := range specialTokens {
		specials[rank] = map[string]any{"rank": rank, "token_str": name, "is_control": true}
	}
	set("special_tokens", specials)
	delete(file, "multimodal")
	file["image"] = []byte(`{"image_patch_size":16,"max_image_size":256,"spatial_merge_size":1}`)
	file["audio"] = []byte(`{"sampling_rate":16000,"frame_rate":12.5,"chunk_length_s":1.0,` +
		`"audio_encoding_config":{"num_mel_bins":128,"hop_length":160,"window_size":400}}`)
	if version == "v15" {
		file["model_settings_builder"] = []byte(`{"reasoning_effort":{"type":"enum","values":["none","high"],"default":"none"},"json_schema":null}`)
	}
	whole, err := json.Marshal(file)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o700))
	path := filepath.Join(dir, "tekken.json")
	require.NoError(t, os.WriteFile(path, whole, 0o600))
	return path
}
