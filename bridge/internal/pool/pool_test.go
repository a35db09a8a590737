package pool_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

func TestHello(t *testing.T) {
	p, c := start(t, nil)
	v3 := load(t, c, `{"name":"v3"}`)
	hello(t, c, v3)
	r, err := c.Do(t.Context(), frame(opEcho, 0, 0, strings.Repeat("é", 3<<20)))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("é", 3<<20), string(r.Body))
	s := p.Stats()
	assert.EqualValues(t, 3, s.Completed)
	assert.Zero(t, s.Crashes)
}

// Two loads of one file are one object behind two handles, and the workers stay.
func TestLoad_sameFile(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	first := load(t, c, `{"name":"v3"}`)
	hello(t, c, first)
	worker := pidOf(t, c)
	second := load(t, c, `{"name":"v3"}`)
	require.NotEqual(t, first, second)
	hello(t, c, second)
	assert.Equal(t, worker, pidOf(t, c))
	assert.Equal(t, [2]int{2, 1}, held(t, c))

	unload(t, c, first)
	hello(t, c, second)
	assert.Equal(t, [2]int{1, 1}, held(t, c))
	r, err := c.Do(t.Context(), frame(wire.OpEncodeChat, first, -1, helloRequest))
	require.NoError(t, err)
	assert.Contains(t, string(r.Body), `"UnknownHandle"`)
	assert.Contains(t, string(r.Body), "handle 1 is not open", "in the caller's own numbers")

	unload(t, c, second)
	assert.Equal(t, [2]int{0, 0}, held(t, c))
	assert.Zero(t, p.Stats().Crashes)
}

func held(t *testing.T, c *pool.Client) [2]int {
	t.Helper()
	r, err := c.Do(t.Context(), frame(wire.OpStats, 0, -1, ""))
	require.NoError(t, err)
	var s struct{ Handles, Objects int }
	require.NoError(t, json.Unmarshal(r.Body, &s))
	return [2]int{s.Handles, s.Objects}
}

func unload(t *testing.T, c *pool.Client, handle uint32) {
	t.Helper()
	r, err := c.Do(t.Context(), frame(wire.OpUnload, handle, -1, ""))
	require.NoError(t, err)
	require.Equal(t, wire.StatusOK, r.Status, string(r.Body))
}
