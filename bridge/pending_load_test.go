package bridge_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A load whose caller has gone by the time that Python answers is given back at once.
func TestLoad_callerGone(t *testing.T) {
	keep(t, "v3")
	before := held(t)
	require.NoError(t, shared.LoadForNobody(t.Context(), `{"name":"v3","mode":"test"}`))
	require.Equal(t, before, held(t))
}
