package parquet

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format/formattest"
)

func TestRoundTrip(t *testing.T) {
	for _, loss := range []bool{false, true} {
		formattest.RoundTrip(t, Format{loss}, formattest.Holds{ID: true, Loss: loss})
	}
}

// Much of a footer says nothing that is read: who wrote it, statistics, places that are known from others.
func TestDamage(t *testing.T) {
	for _, loss := range []bool{false, true} {
		formattest.Damage(t, Format{loss}, formattest.Holds{ID: true, Loss: loss}, map[string]int{end: 800})
	}
}

// Many documents and long ones make several row groups, and empty ones alone one.
func TestGroups(t *testing.T) {
	long := make([]int32, groupIDs/2+1)
	for i := range long {
		long[i] = int32(i % 131_072)
	}
	documents := []format.Document{{ID: "a:0", IDs: long}, {ID: "a:1", IDs: long}, {ID: "a:2", IDs: []int32{}}}
	for range groupDocuments + 1 {
		documents = append(documents, format.Document{ID: "b:0", IDs: []int32{}})
	}
	documents = append(documents, format.Document{ID: "b:1", IDs: []int32{5}})
	base := filepath.Join(t.TempDir(), "x")
	require.NoError(t, formattest.Write(Format{}, format.Shape{Words: 131_072}, base, documents))
	got, err := formattest.Read(Format{}, base)
	require.NoError(t, err)
	assert.True(t, assert.ObjectsAreEqual(documents, got))
	r, err := Format{}.Open(base)
	require.NoError(t, err)
	assert.Equal(t, 3, r.(*reader).in.NumRowGroups())
	d, err := r.Document(int64(len(documents) - 1))
	require.NoError(t, err)
	assert.Equal(t, []int32{5}, d.IDs)
	require.NoError(t, r.Close())
}
