package pool_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// The end of the process that workers are forked from costs nobody anything.
func TestZygote_death(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	full(t, p, c)
	worker := pidOf(t, c)
	kill(p.Zygote())
	hello(t, c, v3)
	eventually(t, func() bool { return p.Stats().Boots == 2 })
	hello(t, c, v3)
	eventually(t, func() bool { return pidOf(t, c) != worker })
	hello(t, c, v3)
	assert.Equal(t, [2]int{1, 1}, held(t, c))
}

// It costs a load nothing either, also when nobody has seen yet that it is dead, or when it dies while it is asked.
func TestZygote_deathBeforeLoad(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	kill(p.Zygote())
	load(t, c, `{"name":"v2"}`)
	full(t, p, c) // two workers in a row that cannot be made would be reported
	path := tokenizerFile(t)
	g := newGateAt(t, filepath.Join(filepath.Dir(path), "before-load"))
	j, err := c.Submit(t.Context(), loadFrame(path))
	require.NoError(t, err)
	g.begun()
	require.NoError(t, os.Remove(g.path))
	kill(p.Zygote())
	require.NoError(t, j.Wait(t.Context()))
	_, err = j.Reply()
	require.NoError(t, err)
	require.NoError(t, g.end.Close())
	hello(t, c, v3)
	assert.Equal(t, [2]int{3, 3}, held(t, c))
	s := p.Stats()
	assert.Equal(t, s.Submitted, s.Completed)
}

// What has to be loaded anew is what it was, or it is lost: no handle comes to stand for another file.
func TestZygote_changedFile(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	v3 := load(t, c, `{"name":"v3"}`)
	changed, gone := tokenizerFile(t), tokenizerFile(t)
	touch := func(second int64) { require.NoError(t, os.Chtimes(changed, time.Time{}, time.Unix(second, 0))) }
	restart := func() {
		full(t, p, c)
		boots := p.Stats().Boots
		for _, pid := range processes(t, p) {
			kill(pid)
		}
		eventually(t, func() bool { return p.Stats().Boots == boots+1 })
		hello(t, c, v3)
	}
	lost := func(handle uint32, want ...string) {
		t.Helper()
		r, err := c.Do(t.Context(), frame(wire.OpEncodeChat, handle, -1, helloRequest))
		require.NoError(t, err)
		require.Equal(t, wire.StatusError, r.Status)
		for _, text := range want {
			assert.Contains(t, string(r.Body), text)
		}
	}
	touch(1)
	first := load(t, c, fmt.Sprintf(`{"file":%q}`, changed))
	second := load(t, c, fmt.Sprintf(`{"file":%q}`, gone))
	touch(2)
	require.NoError(t, os.Remove(gone))
	third := load(t, c, fmt.Sprintf(`{"file":%q}`, changed))
	for _, handle := range []uint32{first, second, third} {
		hello(t, c, handle)
	}
	assert.Equal(t, [2]int{4, 4}, held(t, c), "another file is another object")

	restart()
	hello(t, c, third)
	lost(first, `"type":"FileChanged"`, "load it again", changed)
	lost(second, `"type":"TokenizerException"`, gone)
	assert.Equal(t, [2]int{4, 2}, held(t, c))

	touch(1)
	restart()
	hello(t, c, first)
	lost(third, `"type":"FileChanged"`)

	touch(3)
	restart()
	lost(first, `"type":"FileChanged"`)
	lost(third, `"type":"FileChanged"`)
	assert.Equal(t, [2]int{4, 1}, held(t, c), "what nobody wants is not kept")
	for _, handle := range []uint32{first, second, third} {
		unload(t, c, handle)
	}
	hello(t, c, v3)
	assert.Equal(t, [2]int{1, 1}, held(t, c))
}
