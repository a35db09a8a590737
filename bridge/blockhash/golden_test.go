package blockhash_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/blockhash"
)

// golden.json was written by testdata/golden.py, which calls the real
// vllm.v1.core.kv_cache_utils.
func TestHasher_golden(t *testing.T) {
	data, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	var golden struct {
		VLLM  string `json:"vllm"`
		Cases []struct {
			Algorithm blockhash.Algorithm `json:"algorithm"`
			Seed      *string             `json:"seed"`
			Size      int                 `json:"size"`
			IDs       []int32             `json:"ids"`
			Extra     struct {
				Salt  string   `json:"salt"`
				LoRA  []string `json:"lora"`
				Media []struct {
					ID     string `json:"id"`
					Offset int    `json:"offset"`
					Length int    `json:"length"`
				} `json:"media"`
			} `json:"extra"`
			Hashes []string `json:"hashes"`
		} `json:"cases"`
	}
	require.NoError(t, json.Unmarshal(data, &golden))
	require.Equal(t, "0.33.0", golden.VLLM, "the version that Blocks names")
	require.NotEmpty(t, golden.Cases)
	for i, c := range golden.Cases {
		seed := blockhash.DefaultSeed
		if c.Seed != nil {
			seed = *c.Seed
		}
		h, err := blockhash.New(c.Algorithm, c.Size, seed)
		require.NoError(t, err)
		p := blockhash.Prompt{Tokens: c.IDs, Salt: c.Extra.Salt}
		if len(c.IDs) == 0 { // as golden.py makes the long ones
			for k := range 32768 {
				p.Tokens = append(p.Tokens, int32(k*997%131072))
			}
		}
		if c.Extra.LoRA != nil {
			p.LoRA = &blockhash.LoRA{Name: c.Extra.LoRA[0], Path: c.Extra.LoRA[1]}
		}
		for _, m := range c.Extra.Media {
			p.Media = append(p.Media, blockhash.Media{Hash: m.ID, Offset: m.Offset, Len: m.Length})
		}
		got := []string{}
		for _, hash := range h.Blocks(p) {
			got = append(got, hex.EncodeToString(hash[:]))
		}
		assert.Equal(t, c.Hashes, got, "case %d: %s, seed %v, blocks of %d, %+v", i, c.Algorithm, c.Seed, c.Size, c.Extra)
	}
}

func TestNew_errors(t *testing.T) {
	_, err := blockhash.New("xxhash", 16, blockhash.DefaultSeed)
	assert.EqualError(t, err, `blockhash: algorithm "xxhash" is none of sha256, sha256_cbor`)
	_, err = blockhash.New(blockhash.SHA256, 0, "")
	assert.EqualError(t, err, "blockhash: a block of 0 tokens")
}

func TestHash_Uint64(t *testing.T) {
	assert.Equal(t, uint64(0x0102), blockhash.Hash{30: 1, 31: 2}.Uint64())
}
