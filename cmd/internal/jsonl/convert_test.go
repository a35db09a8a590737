package jsonl

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/pyjson"
)

// An object of which one member is written anew keeps the keys of the others.
func TestReplaced(t *testing.T) {
	members, err := pyjson.Object([]byte(`{"\ud800":1,"request":2,"\u0061":3,"request":4}`))
	require.NoError(t, err)
	got := pyjson.AppendObject(nil, replaced(members, "request", func(value []byte) []byte { return append([]byte("1"), value...) }))
	assert.Equal(t, `{"request":14,"\ud800":1,"\u0061":3}`, string(got))
}
