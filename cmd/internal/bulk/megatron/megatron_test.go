package megatron

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format/formattest"
)

func write(t *testing.T, typ Type, documents [][]int32) (bin, idx string) {
	dir := t.TempDir()
	lengths, err := os.Create(filepath.Join(dir, "lengths"))
	require.NoError(t, err)
	defer lengths.Close()
	var b, i bytes.Buffer
	w := NewWriter(typ, &b, lengths)
	for _, ids := range documents {
		require.NoError(t, w.Add(ids))
	}
	require.NoError(t, w.Finish(&i))
	bin, idx = filepath.Join(dir, "x.bin"), filepath.Join(dir, "x.idx")
	require.NoError(t, os.WriteFile(bin, b.Bytes(), 0o600))
	require.NoError(t, os.WriteFile(idx, i.Bytes(), 0o600))
	return bin, idx
}

// The bytes, by the layout, put down by hand.
func TestWriter_layout(t *testing.T) {
	bin, idx := write(t, Int32, [][]int32{{1, 2}, {}, {131071}})
	b, err := os.ReadFile(bin)
	require.NoError(t, err)
	assert.Equal(t, "0100000002000000ffff0100", hex.EncodeToString(b))
	i, err := os.ReadFile(idx)
	require.NoError(t, err)
	assert.Equal(t, "4d4d494449445800000100000000000000"+"04"+"0200000000000000"+"0400000000000000"+
		"02000000"+"01000000"+"0000000000000000"+"0800000000000000"+
		"0000000000000000"+"0100000000000000"+"0100000000000000"+"0200000000000000", hex.EncodeToString(i))
	bin, _ = write(t, Uint16, [][]int32{{32767, 1}})
	b, err = os.ReadFile(bin)
	require.NoError(t, err)
	assert.Equal(t, "ff7f0100", hex.EncodeToString(b))
	assert.Equal(t, Uint16, TypeFor(65499))
	assert.Equal(t, Int32, TypeFor(65500))
}

func TestRoundTrip(t *testing.T) {
	for _, loss := range []bool{false, true} {
		formattest.RoundTrip(t, Format{loss}, formattest.Holds{Loss: loss})
	}
}

func TestDamage(t *testing.T) {
	for _, loss := range []bool{false, true} {
		formattest.Damage(t, Format{loss}, formattest.Holds{Loss: loss}, nil)
	}
}

// Loss masks that are not as long as the ids are, or have other values, are neither written nor read.
func TestLoss(t *testing.T) {
	base := filepath.Join(t.TempDir(), "x")
	shape := format.Shape{Words: 1000}
	one := format.Document{IDs: []int32{1, 2, 3}, Loss: []byte{0, 1, 1}}
	for _, loss := range [][]byte{nil, {1, 1}, {0, 1, 2}} {
		require.ErrorContains(t, formattest.Write(Format{Loss: true}, shape, base, []format.Document{{IDs: one.IDs, Loss: loss}}), "a loss mask")
	}
	require.NoError(t, formattest.Write(Format{Loss: true}, shape, base, []format.Document{one, {IDs: []int32{}, Loss: []byte{}}, one}))
	text, err := os.ReadFile(base + ".loss")
	require.NoError(t, err)
	assert.Equal(t, []byte{0, 1, 1, 0, 1, 1}, text)
	for want, text := range map[string][]byte{"has 5 bytes": text[1:], "has 7 bytes": append([]byte{0}, text...), "has 2 at id": {0, 1, 1, 2, 1, 1}} {
		require.NoError(t, os.WriteFile(base+".loss", text, 0o600))
		_, err := formattest.Read(Format{Loss: true}, base)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, os.Remove(base+".loss"))
	_, err = formattest.Read(Format{Loss: true}, base)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestReader(t *testing.T) {
	documents := [][]int32{{}, {5}, {}, {}, {6, 7, 8}, {9}, {}}
	for i, typ := range []Type{Int32, Uint16} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			bin, idx := write(t, typ, documents)
			r, err := Open(bin, idx)
			require.NoError(t, err)
			var got [][]int32
			require.NoError(t, r.Each(func(n int64, ids []int32) error {
				assert.Len(t, got, int(n))
				got = append(got, append([]int32{}, ids...))
				alone, err := r.Document(n)
				require.NoError(t, err)
				assert.Equal(t, got[n], alone)
				return nil
			}))
			assert.Equal(t, documents, got)
			for _, n := range []int64{-1, 7} {
				_, err := r.Document(n)
				assert.ErrorContains(t, err, "there are 7")
			}
			require.NoError(t, r.Close())
		})
	}
	bin, idx := write(t, Int32, nil)
	r, err := Open(bin, idx)
	require.NoError(t, err)
	require.NoError(t, r.Each(nil))
	require.NoError(t, r.Close())
}

// No byte of an index can be another without being noticed, and no file be cut or longer; but
// which of two documents is the empty one only its hash knows.
func TestReader_damagedIndex(t *testing.T) {
	bin, idx := write(t, Uint16, [][]int32{{1, 2}, {}, {3}, {4, 5, 6}})
	whole, err := os.ReadFile(idx)
	require.NoError(t, err)
	notices := func(what string, text []byte) {
		require.NoError(t, os.WriteFile(idx, text, 0o600))
		r, err := Open(bin, idx)
		if err == nil {
			err = r.Each(func(int64, []int32) error { return nil })
			require.NoError(t, r.Close())
		}
		assert.Error(t, err, what)
	}
	for i := range whole {
		text := bytes.Clone(whole)
		text[i] ^= 1
		if i == 17 {
			text[i] = 3
		}
		if i == headerSize+12*3+8 {
			continue
		}
		notices("byte "+hex.EncodeToString([]byte{byte(i)}), text)
	}
	notices("cut", whole[:len(whole)-1])
	notices("longer", append(bytes.Clone(whole), 0))
	require.NoError(t, os.Truncate(bin, 10))
	notices("ids are gone", whole)
}
