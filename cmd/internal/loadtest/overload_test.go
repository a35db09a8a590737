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
	out, err := Target{Name: "s", Address: a}.Overload(t.Context(), tokenize(t, 100), 1, 250, 4, 20, time.Second, &serial{})
	require.NoError(t, err)
	assert.InDelta(t, 1000, out.Offered, 25, "times are fixed, whatever the answers are")
	require.Positive(t, out.Statuses[200])
	return out
}

func TestAnOverloadThatIsRefusedInOrder(t *testing.T) {
	out := overloaded(t, func(w http.ResponseWriter, n int64) {
		if n%2 == 0 {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "busy", http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, `{"tokens":[7]}`)
	})
	assert.Positive(t, out.Statuses[429])
	assert.Zero(t, out.Bad)
	assert.Empty(t, out.Problem)
}

func TestAnOverloadThatIsNot(t *testing.T) {
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
