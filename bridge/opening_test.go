package bridge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// A caller that goes as its load is about to begin has taken back what says whose it is: such a
// load has no opening, and is given back at once.
func TestALoadOfNobodyLeavesNothing(t *testing.T) {
	keep(t, "v3")
	before := held(t)
	_, err := shared.Send(t.Context(), wire.OpLoad, wire.NoArg, `{"name":"v3","mode":"test"}`)
	require.NoError(t, err)
	require.Equal(t, before, held(t))
}
