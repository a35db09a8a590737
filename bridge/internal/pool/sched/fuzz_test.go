package sched

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever happens in whatever order, no job is lost or given twice, nobody has more than he may, and all come to an end.
func FuzzScheduler(f *testing.F) {
	f.Add([]byte{1, 0, 0, 0, 200, 3, 0, 6, 0, 0, 3})
	f.Add([]byte{6, 0, 10, 0, 20, 0, 250, 0, 251, 0, 252, 8, 0, 3, 1, 6, 1, 10, 0, 10, 0, 11, 255})
	f.Add([]byte{3, 0, 2, 0, 4, 8, 0, 0, 3, 5, 0, 7, 1, 9, 1, 0, 1, 6, 0, 6, 0, 11, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 || len(data) > 400 {
			return
		}
		w := newWorld(t, data[0])
		for i := 1; i+1 < len(data); i += 2 {
			w.step(data[i], data[i+1])
		}
		w.drain()
	})
}

// Under short jobs without end a long one has its turn, after as long as it would have kept them waiting.
func TestScheduler_noStarvation(t *testing.T) {
	s, w := staffed(Limits{Workers: 1})
	long := large("long", Turn(0, 30*ms)-1)
	s.Add(long)
	now := time.Duration(0)
	for i := range 100 {
		now += ms
		s.Add(job(fmt.Sprint(i), Turn(now, 0), 0))
		for _, a := range s.Schedule() {
			if a.Job == long {
				require.Equal(t, 30*ms, now)
				return
			}
		}
		for len(w[0].Pipe) > 0 {
			s.PopReply(w[0])
		}
	}
	t.Fatal("it never had its turn")
}

// The laws hold for sequences that nobody has thought of, in every run of the tests.
func TestScheduler_laws(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 17))
		w := newWorld(t, byte(seed))
		for range 1 + r.IntN(200) {
			w.step(byte(r.Uint32()), byte(r.Uint32()))
		}
		w.drain()
	}
}
