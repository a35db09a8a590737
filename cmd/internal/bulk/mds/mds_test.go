package mds

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format/formattest"
)

func TestRoundTrip(t *testing.T) { formattest.RoundTrip(t, Format{}, formattest.Holds{}) }

func TestDamage(t *testing.T) { formattest.Damage(t, Format{}, formattest.Holds{}, nil) }

// The bytes, as the MDSWriter of mosaicml-streaming 0.13.0 writes them.
func TestLayout(t *testing.T) {
	base := filepath.Join(t.TempDir(), "x")
	require.NoError(t, formattest.Write(Format{}, format.Shape{}, base, []format.Document{{IDs: []int32{1, 131071}}, {IDs: []int32{5}}}))
	text, err := os.ReadFile(base + shardEnd(0))
	require.NoError(t, err)
	assert.Equal(t, "02000000"+"c5000000"+"d3000000"+"dd000000"+hex.EncodeToString([]byte(config))+
		"0a000000"+"0402"+"01000000"+"ffff0100"+"06000000"+"0401"+"05000000", hex.EncodeToString(text))
	text, err = os.ReadFile(base + indexEnd)
	require.NoError(t, err)
	assert.Equal(t, `{"shards": [{"column_encodings": ["ndarray:int32"], "column_names": ["tokens"], "column_sizes": [null], "compression": null, "format": "mds", `+
		`"hashes": [], "raw_data": {"basename": "shard.00000.mds", "bytes": 221, "hashes": {}}, "samples": 2, "size_limit": 67108864, "version": 2, "zip_data": null}], "version": 2}`, string(text))
}

// A shard is full at the size of mosaicml-streaming's; what is longer is one by itself.
func TestShards(t *testing.T) {
	// The ids of a second sample that fill a shard to the byte: its length takes four bytes.
	fits := (sizeLimit - headerSize(2) - sampleSize(make([]int32, 4)) - 9) / 4
	require.Equal(t, int64(sizeLimit), headerSize(2)+sampleSize(make([]int32, 4))+9+4*fits)
	for _, c := range []struct {
		name    string
		second  int64
		samples []int
	}{{"full", fits, []int{2, 1}}, {"too much", fits + 1, []int{1, 1, 1}}, {"too long", sizeLimit / 4, []int{1, 1, 1}}} {
		t.Run(c.name, func(t *testing.T) {
			base := filepath.Join(t.TempDir(), "x")
			documents := []format.Document{{IDs: make([]int32, 4)}, {IDs: make([]int32, c.second)}, {IDs: make([]int32, 300)}}
			require.NoError(t, formattest.Write(Format{}, format.Shape{}, base, documents))
			r, err := Format{}.Open(base)
			require.NoError(t, err)
			var samples []int
			for _, s := range r.(*reader).shards {
				samples = append(samples, s.samples)
			}
			assert.Equal(t, c.samples, samples)
			got, err := formattest.Read(Format{}, base)
			require.NoError(t, err)
			// By reflection that would be minutes with the race detector.
			assert.True(t, slices.EqualFunc(documents, got, func(a, b format.Document) bool { return a.ID == b.ID && slices.Equal(a.IDs, b.IDs) }))
		})
	}
	assert.Error(t, (&writer{}).Add(format.Document{}))
}
