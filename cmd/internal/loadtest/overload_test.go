package loadtest

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func overloaded(t *testing.T, answer func(w http.ResponseWriter, n int64)) Overload {
	t.Helper()
	var asked atomic.Int64
	a := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, asked.Add(1)) })
	out, err := Target{Name: "s", Address: a}.Overload(t.Context(), tokenize(t, 100), 1, Cell{Rate: 250}, 4, 20, time.Second, &serial{})
	require.NoError(t, err)
	assert.InDelta(t, 1000, out.Offered, 25, "times are fixed, whatever the answers are")
	require.Positive(t, out.Statuses[200])
	return out
}

func TestTarget_Overload(t *testing.T) {
	out := overloaded(t, func(w http.ResponseWriter, n int64) {
		if n%2 == 0 {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "busy", http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, `{"tokens":[7]}`)
	})
	assert.Positive(t, out.Statuses[429])
	assert.InDelta(t, out.Rate, out.Refused, 0.2*out.Rate, "every other one is refused")
	assert.InDelta(t, out.Rate/250, out.Share, 1e-9)
	assert.Positive(t, out.ClientCPU)
	assert.Zero(t, out.Bad)
	assert.Empty(t, out.Problem)
}

// What a refusal costs is what answers leave of the time, and counts as so much of an answer.
func TestOverload_cost(t *testing.T) {
	before := Cell{Rate: 1000, ServerCPU: 200, ClientCPU: 50}
	o := Overload{Capacity: 1000, Share: 0.5, Refused: 2000}
	o.cost(before, 500, 2000, 500*50*time.Microsecond+2000*20*time.Microsecond, 500*200*time.Microsecond+2000*30*time.Microsecond)
	assert.InDelta(t, 20, o.RefusalOurs, 1e-9)
	assert.InDelta(t, 30, o.RefusalCPU, 1e-9)
	assert.InDelta(t, 26, o.ClientCPU, 1e-9)
	assert.InDelta(t, 64, o.ServerCPU, 1e-9)
	assert.InDelta(t, 0.5+2000*50./250/1000, o.Worth, 1e-9)

	idle := Overload{Capacity: 1000, Share: 0.5, Refused: 2000}
	idle.cost(before, 500, 2000, 500*50*time.Microsecond, 500*100*time.Microsecond)
	assert.InDelta(t, 0.5, idle.Worth, 1e-9, "refusals that cost nothing are worth nothing")
	unknown := Overload{Capacity: 1000, Share: 0.5, Refused: 2000}
	unknown.cost(Cell{Rate: 1000, ClientCPU: 50}, 500, 2000, time.Second, 0)
	assert.Zero(t, unknown.Worth)
}

func TestTarget_Overload_unexpected(t *testing.T) {
	out := overloaded(t, func(w http.ResponseWriter, n int64) {
		switch n % 4 {
		case 0:
			http.Error(w, "busy", http.StatusTooManyRequests) // and does not say when to come back
		case 1:
			http.Error(w, "fell over", http.StatusInternalServerError)
		case 2:
			fmt.Fprint(w, `{"tokens":[7,8]}`)
		default:
			fmt.Fprint(w, `{"tokens":[7]}`)
		}
	})
	assert.Equal(t, out.Statuses[429], out.NoRetry)
	assert.Greater(t, out.Bad, out.Statuses[429]+out.Statuses[500])
	assert.NotEmpty(t, out.Problem)
}
