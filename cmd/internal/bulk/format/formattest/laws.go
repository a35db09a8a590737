package formattest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
)

// Holds says what a format holds of a document beside its ids.
type Holds struct{ ID, Loss bool }

// document draws one that the format can hold.
func document(f format.Format, words int, holds Holds) *rapid.Generator[format.Document] {
	return rapid.Custom(func(t *rapid.T) format.Document {
		least := 1
		if f.HoldsEmpty() {
			least = 0
		}
		d := format.Document{IDs: rapid.SliceOfN(rapid.Int32Range(0, int32(words-1)), least, 40).Draw(t, "ids")}
		if rapid.IntRange(0, 40).Draw(t, "long") == 0 {
			for range 3000 {
				d.IDs = append(d.IDs, int32(len(d.IDs)%words))
			}
		}
		if holds.Loss {
			d.Loss = []byte{}
			for range d.IDs {
				d.Loss = append(d.Loss, byte(rapid.IntRange(0, 1).Draw(t, "loss")))
			}
		}
		if holds.ID {
			d.ID = rapid.SampledFrom([]string{"a.jsonl:0", "a.jsonl:1234", "in/b.parquet:7", "c:d:9"}).Draw(t, "id")
		}
		return d
	})
}

// RoundTrip holds that what is written is read, one by one too, and is the same bytes each time.
func RoundTrip(t *testing.T, f format.Format, holds Holds) {
	for _, words := range []int{1000, 65_536, 131_072} {
		t.Run(fmt.Sprint(words), func(t *testing.T) {
			dir := t.TempDir()
			rapid.Check(t, func(t *rapid.T) {
				documents := rapid.SliceOfN(document(f, words, holds), 1, 12).Draw(t, "documents")
				shape := format.Shape{Words: words, Tokenizer: "a|name"}
				base, again := filepath.Join(dir, "x"), filepath.Join(dir, "y")
				require.NoError(t, Write(f, shape, base, documents))
				got, err := Read(f, base)
				require.NoError(t, err)
				require.Equal(t, documents, got)
				r, err := f.Open(base)
				require.NoError(t, err)
				for n, d := range documents {
					one, err := r.Document(int64(n))
					require.NoError(t, err)
					require.Equal(t, format.Document{IDs: d.IDs, Loss: d.Loss}, one)
				}
				for _, n := range []int64{-1, int64(len(documents))} {
					_, err := r.Document(n)
					require.ErrorContains(t, err, "there is no document")
				}
				require.NoError(t, r.Close())
				require.NoError(t, Write(f, shape, again, documents))
				for _, end := range f.Ends() {
					one, err := os.ReadFile(base + end)
					require.NoError(t, err)
					other, err := os.ReadFile(again + end)
					require.NoError(t, err)
					require.Equal(t, one, other)
				}
			})
		})
	}
}

// Damage holds that a file which is cut off anywhere is an error, and one with another byte is an
// error or other documents, but for so many bytes that say nothing of them; and never a panic.
func Damage(t *testing.T, f format.Format, holds Holds, silent map[string]int) {
	base := filepath.Join(t.TempDir(), "x")
	documents := make([]format.Document, 0, 6)
	for n := range cap(documents) {
		d := format.Document{ID: fmt.Sprint("a.jsonl:", n)}
		for i := range n*3 + 1 {
			d.IDs = append(d.IDs, int32(n*1000+i))
			if holds.Loss {
				d.Loss = append(d.Loss, byte(i%2))
			}
		}
		documents = append(documents, d)
	}
	require.NoError(t, Write(f, format.Shape{Words: 131_072, Tokenizer: "x"}, base, documents))
	want, err := Read(f, base)
	require.NoError(t, err)
	for _, end := range f.Ends() {
		t.Run(end, func(t *testing.T) {
			whole, err := os.ReadFile(base + end)
			require.NoError(t, err)
			defer func() { require.NoError(t, os.WriteFile(base+end, whole, 0o600)) }()
			for n := range whole {
				require.NoError(t, os.WriteFile(base+end, whole[:n], 0o600))
				_, err := Read(f, base)
				require.Error(t, err, "%d of %d bytes", n, len(whole))
			}
			unnoticed := 0
			for i := range whole {
				text := bytes.Clone(whole)
				text[i] ^= 0x55
				require.NoError(t, os.WriteFile(base+end, text, 0o600))
				if got, err := Read(f, base); err == nil && assert.ObjectsAreEqual(want, got) {
					unnoticed++
				}
			}
			assert.LessOrEqual(t, unnoticed, silent[end])
		})
	}
}
