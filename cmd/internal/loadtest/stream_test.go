package loadtest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func serve(t *testing.T, h http.HandlerFunc) Address {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return Address(s.Listener.Addr().String())
}

func tokenize(t *testing.T, bytes int) Shape {
	t.Helper()
	r, err := FindRoute("tokenize")
	require.NoError(t, err)
	return Shape{Route: r, Bytes: bytes}
}

func TestStream_checksAnswers(t *testing.T) {
	var asked atomic.Int64
	var texts sync.Map
	var again atomic.Int64
	over := make(chan struct{})
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if _, seen := texts.LoadOrStore(string(body), true); seen {
			again.Add(1)
		}
		n := asked.Add(1)
		if n == 100 {
			close(over)
		}
		switch n % 10 {
		case 3:
			http.Error(w, "come back later", http.StatusTooManyRequests)
		case 5:
			fmt.Fprint(w, `{"tokens":[1,2,3,4]}`)
		case 7:
			panic(http.ErrAbortHandler) // no answer
		default:
			fmt.Fprint(w, `{"tokens":[1,2,3]}`)
		}
	})
	s := stream{a, tokenize(t, 100), 4, 3, &serial{}, over}
	out, err := s.run(t.Context(), newWindow(0, time.Hour))
	require.NoError(t, err)
	assert.Zero(t, again.Load(), "texts that were sent before")
	assert.EqualValues(t, asked.Load(), out.Statuses.total())
	assert.NotZero(t, out.Statuses[0])
	assert.NotZero(t, out.Statuses[429])
	assert.NotZero(t, out.Wrong)
	assert.Equal(t, out.Statuses[200], len(out.Times)+out.Wrong)
	assert.Equal(t, out.Wrong+out.Statuses[0]+out.Statuses[429], out.Bad())
	assert.Equal(t, out.Wrong+out.Statuses[0], out.Bad(429))
	assert.NotEmpty(t, out.First)
	assert.Len(t, out.Times, out.Done)
	assert.InDelta(t, float64(out.Done)/3600, out.Rate(), 1e-6)
}

func TestStream_oneText(t *testing.T) {
	var texts sync.Map
	var asked atomic.Int64
	over := make(chan struct{})
	a := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		texts.Store(string(body), true)
		if asked.Add(1) == 10 {
			close(over)
		}
		fmt.Fprint(w, `{"tokens":[1]}`)
	})
	shape := tokenize(t, 100)
	shape.Same = true
	s := stream{a, shape, 2, 1, &serial{}, over}
	out, err := s.run(t.Context(), newWindow(0, time.Hour))
	require.NoError(t, err)
	require.GreaterOrEqual(t, out.Statuses[200], 10)
	n := 0
	texts.Range(func(any, any) bool { n++; return true })
	assert.Equal(t, 1, n)
}

// A request under way when the measurement begins or ends must not get lost: it is the slow ones that are.
func TestStream_windowEdges(t *testing.T) {
	const length = time.Second
	w := newWindow(length, length)
	a := serve(t, func(answer http.ResponseWriter, _ *http.Request) {
		time.Sleep(time.Until(w.end))
		fmt.Fprint(answer, `{"tokens":[1]}`)
	})
	s := stream{a, tokenize(t, 100), 1, 1, &serial{}, nil}
	out, err := s.run(t.Context(), w)
	require.NoError(t, err)
	require.Len(t, out.Times, 1, "asked before the window, answered after it")
	assert.GreaterOrEqual(t, out.Times[0], length)
	assert.Zero(t, out.Done, "and no answer came within")
}

func TestSample_quantiles(t *testing.T) {
	var s Sample
	for i := 100; i >= 0; i-- {
		s.add(200, time.Duration(i)*time.Millisecond, "")
	}
	assert.Equal(t, []float64{50, 99, 100}, s.Quantiles(0.5, 0.99, 1))
	assert.Equal(t, []float64{0}, (&Sample{}).Quantiles(0.5))
	s.add(0, 0, "reset")
	s.add(503, 0, "busy")
	assert.Equal(t, "no answer: 1, 200: 101, 503: 1", s.Statuses.String())
	assert.Equal(t, "reset", s.First)
}
