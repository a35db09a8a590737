package server_test

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/mistralbridge/mistralbridge/cmd/internal/attack"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
)

// besieged are the settings under which attacks are run: little memory, and neither a time that would end them nor
// a number.
func besieged(e *engine.Engine, keys *server.Keys) server.Options {
	o := server.Options{
		MaxBody: 256 << 10, BodyMemory: 16 << 20, MaxConnections: 16 << 10, ReadTimeout: time.Hour, IdleTimeout: time.Hour, StreamIdle: time.Hour, Drain: 20 * time.Second,
		Keys: keys, KeysAll: keys != nil,
	}
	o.GRPC = calls(e, o)
	return o
}

// siege runs a test on each kind of server: Python in this process or in a worker, with keys and without. The race
// detector, which makes it much dearer, sees one of them, where all attacks run at once; `make chaos` runs all four.
func siege(t *testing.T, run func(t *testing.T, e *engine.Engine, keys *server.Keys)) {
	for _, backend := range []string{"embedded", "workers"} {
		for _, keys := range []string{"no keys", "keys"} {
			if raceDetector && (backend == "embedded" || keys == "no keys") {
				continue
			}
			t.Run(backend+", "+keys, func(t *testing.T) {
				e := shared
				if backend == "workers" {
					e = workers(t, 1)
				}
				var k *server.Keys
				if keys == "keys" {
					k = onlyKey(t)
				}
				run(t, e, k)
			})
		}
	}
}

// drains is an engine of which others do not see that it is to end.
type drains struct {
	*engine.Engine
	ended atomic.Bool
}

func (d *drains) Drain() { d.ended.Store(true) }

func (d *drains) Ready() error {
	if d.ended.Load() {
		return engine.ErrDraining
	}
	return d.Engine.Ready()
}

// groups are the attacks that are run at once: each alone where Python is in this process, and all together beside
// workers, of which the way to Python is all that differs.
func groups(t *testing.T) map[string][]attack.Attack {
	if strings.Contains(t.Name(), "workers") {
		return map[string][]attack.Attack{"all": attack.All()}
	}
	alone := map[string][]attack.Attack{}
	for _, a := range attack.All() {
		require.Nil(t, alone[a.Name], a.Name)
		alone[a.Name] = []attack.Attack{a}
	}
	return alone
}

func targetOf(url string, o server.Options) *attack.Target {
	return &attack.Target{Address: strings.TrimPrefix(url, "http://"), MaxBody: int(o.MaxBody), Refuses: o.Keys != nil}
}

// neighbour is an honest caller, who has a key.
type neighbour struct {
	url     string
	want    string
	tokens  []int32
	http    *http.Client
	calls   v1.TokenizerServiceClient
	context context.Context
}

// moveIn learns what a server answers while nobody attacks it.
func moveIn(t *testing.T, url string) *neighbour {
	t.Helper()
	n := &neighbour{
		url: url, http: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, calls: dialed(t, url),
		context: metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer key"),
	}
	n.want = n.post(t)
	n.tokens = n.call(t)
	require.Contains(t, n.want, `"tokens":[1,`)
	require.NotEmpty(t, n.tokens)
	return n
}

func (n *neighbour) post(t *testing.T) string {
	t.Helper()
	a, err := try(t.Context(), n.http, "POST", n.url+"/tokenize", chat, isJSON, "Authorization: Bearer key")
	require.NoError(t, err)
	require.Equal(t, 200, a.status, a.body)
	return a.body
}

// call is repeated while the server is just closing the connection for having been idle, as callers do.
func (n *neighbour) call(t *testing.T) []int32 {
	t.Helper()
	for tries := 0; ; tries++ {
		got, err := n.calls.Tokenize(n.context, &v1.TokenizeRequest{Text: "an honest request"})
		if status.Code(err) == codes.Unavailable && tries < 100 {
			continue
		}
		require.NoError(t, err)
		return got.GetTokens()
	}
}

// lives asks for what every caller may, and compares it with what it was.
func (n *neighbour) lives(t *testing.T) {
	t.Helper()
	require.Equal(t, n.want, n.post(t))
	require.Equal(t, n.tokens, n.call(t))
	for _, path := range []string{"/livez", "/readyz", "/health"} {
		a, err := try(t.Context(), n.http, "GET", n.url+path, "")
		require.NoError(t, err)
		require.Equal(t, 200, a.status, path)
	}
}

// kept is what pools and maps, which do not shrink, may keep of an attack. Of all at once it is that of a few.
const kept = 4 << 20

// Beside an attack honest requests are answered, and it costs no more than what bodies may have and some for each
// connection and stream; when it is over memory and goroutines come back. Of ten thousand goroutines the runtime keeps
// their descriptors.
func TestAttacks(t *testing.T) {
	siege(t, func(t *testing.T, e *engine.Engine, keys *server.Keys) {
		o := besieged(e, keys)
		url := serve(t, e, o)
		n := moveIn(t, url)
		n.lives(t)
		for name, attacks := range groups(t) {
			t.Run(name, func(t *testing.T) {
				before := heap()
				n.endure(t, o, attacks)
				eventually(t, "the memory comes back", func() bool { return heap()-before < kept*int64(min(len(attacks), 8)) })
				t.Log("kept", heap()-before)
				if len(attacks) == 1 || raceDetector {
					return
				}
				first := heap()
				for range 2 {
					n.endure(t, o, attacks)
					t.Log("and again", heap()-first)
				}
				eventually(t, "what is left levels off", func() bool { return heap()-first < kept })
			})
		}
		n.lives(t)
		eventually(t, "no body is held", func() bool {
			a, err := try(t.Context(), n.http, "GET", url+"/metrics", "", "Authorization: Bearer key")
			return err == nil && strings.Contains(a.body, "\nmtok_http_body_memory_bytes 0\n")
		})
	})
}

// endure asks beside attacks, and looks at what they cost, until their goroutines have come back.
func (n *neighbour) endure(t *testing.T, o server.Options, attacks []attack.Attack) {
	t.Helper()
	target := targetOf(n.url, o)
	target.Crowded = len(attacks) > 1
	defer target.LetGo()
	goroutines, before := runtime.NumGoroutine(), heap()
	for _, a := range attacks {
		require.NoError(t, a.Run(target), a.Name)
	}
	n.lives(t)
	assert.Less(t, heap()-before, o.BodyMemory+int64(2*len(attacks)+24)<<20, "what it costs while it lasts")
	target.LetGo()
	eventually(t, "the goroutines come back", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
}

// Whatever is under way when the server is to end, it ends in its time.
func TestRun_endDuringAttacks(t *testing.T) {
	siege(t, func(t *testing.T, e *engine.Engine, keys *server.Keys) {
		o := besieged(e, keys)
		var all sync.WaitGroup
		for _, a := range attack.All() {
			own := &drains{Engine: e}
			o.GRPC = calls(own, o)
			url, stop, done := drained(t, own, o)
			target := targetOf(url, o)
			defer target.LetGo()
			require.NoError(t, a.Run(target), a.Name)
			stop()
			all.Go(func() { assert.NoError(t, <-done, a.Name) })
		}
		all.Wait()
	})
}

// Who does not go is sent away: nothing is left of an attack whose connections are held for ever.
func TestAttacks_thatStay(t *testing.T) {
	var all sync.WaitGroup
	var neighbours []*neighbour
	var attacks []func()
	kinds := []*server.Keys{onlyKey(t), nil}
	if raceDetector {
		kinds = kinds[:1] // see siege
	}
	for _, keys := range kinds {
		o := besieged(shared, keys)
		o.ReadTimeout, o.IdleTimeout, o.StreamIdle = 300*time.Millisecond, 300*time.Millisecond, 300*time.Millisecond
		o.WriteTimeout = 2 * time.Second
		o.GRPC = calls(shared, o)
		url := serve(t, shared, o)
		neighbours = append(neighbours, moveIn(t, url))
		for _, a := range attack.All() {
			if a.Lasts {
				continue
			}
			target := targetOf(url, o)
			target.Crowded = true
			defer target.LetGo()
			attacks = append(attacks, func() {
				// With times as short as these they may be over before the answer that is due.
				if err := a.Run(target); err != nil {
					t.Log(a.Name, err)
				}
			})
		}
	}
	goroutines := runtime.NumGoroutine()
	for _, a := range attacks {
		all.Go(a)
	}
	all.Wait()
	for _, n := range neighbours {
		n.lives(t)
	}
	eventually(t, "the goroutines come back", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
}
