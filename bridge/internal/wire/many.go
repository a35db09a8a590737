package wire

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/mistralbridge/mistralbridge/bridge/internal/preemptible"
)

// Alone is the length of a request of many that has to be made by itself.
const Alone = math.MinInt32

// Many appends a body that holds many requests: their number and the length of each as uint64,
// and the requests one behind the other. ends are where they end in bodies.
func Many(frame, bodies []byte, ends []int) []byte {
	frame = binary.LittleEndian.AppendUint64(frame, uint64(len(ends)))
	start := 0
	for _, end := range ends {
		frame = binary.LittleEndian.AppendUint64(frame, uint64(end-start))
		start = end
	}
	return preemptible.Append(frame, bodies)
}

// ManySize is the number of bytes of such a body.
func ManySize(bodies []byte, ends []int) int { return 8*(1+len(ends)) + len(bodies) }

// Answers are the replies to the requests of such a frame.
type Answers struct {
	Lengths []int32 // of each: the number of its ids, Alone, or -1-k where Whole(k) is its answer
	ints    []int32
	bufs    [][]byte
}

// ReadMany reads the reply to n requests; counted: the ids were left out.
func ReadMany(r *Reply, n int, counted bool) (Answers, error) {
	if len(r.Bufs) == 0 || len(r.Bufs[0]) != 4*n {
		return Answers{}, fmt.Errorf("%w: no lengths of %d answers", ErrFrame, n)
	}
	a := Answers{Lengths: Int32s(r.Bufs[0]), ints: r.Ints, bufs: r.Bufs[1:]}
	sum := 0
	for _, length := range a.Lengths {
		switch {
		case length >= 0:
			sum += int(length)
		case length != Alone && int(-1-length) >= len(a.bufs):
			return Answers{}, fmt.Errorf("%w: answer %d of %d", ErrFrame, -1-length, len(a.bufs))
		}
	}
	if !counted && sum != len(r.Ints) {
		return Answers{}, fmt.Errorf("%w: %d ids, the lengths say %d", ErrFrame, len(r.Ints), sum)
	}
	return a, nil
}

// Next takes the next n ids, nil for none. They share their memory with those of the others, and
// appending to them does not reach it.
func (a *Answers) Next(n int32) []int32 {
	if n == 0 {
		return nil
	}
	ids := a.ints[:n:n]
	a.ints = a.ints[n:]
	return ids
}

// Whole is an answer that is more than ids.
func (a *Answers) Whole(length int32) (Reply, error) { return ParseReply(a.bufs[-1-length]) }
