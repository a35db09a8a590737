package job

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFull_Waits(t *testing.T) {
	for _, tt := range []struct {
		full                Full
		byDefault, expected bool
	}{
		{AsConfigured, true, true}, {AsConfigured, false, false},
		{Wait, true, true}, {Wait, false, true},
		{Refuse, true, false}, {Refuse, false, false},
	} {
		assert.Equal(t, tt.expected, tt.full.Waits(tt.byDefault), "%+v", tt)
	}
}

func TestIntake(t *testing.T) {
	var i Intake
	require.NoError(t, i.Enter())
	require.NoError(t, i.Enter())
	assert.Equal(t, 2, i.Active())
	i.Leave()
	idle := i.Shut()
	require.ErrorIs(t, i.Enter(), ErrClosed)
	select {
	case <-idle:
		t.Fatal("one is still there")
	default:
	}
	i.Leave()
	<-idle
	assert.Equal(t, idle, i.Shut(), "once more")
	var empty Intake
	<-empty.Shut()
}

func TestCloseError(t *testing.T) {
	err := &CloseError{Running: 1, Left: 2, Err: context.Canceled}
	assert.EqualError(t, err, "close: 1 running, 2 left in the queue: context canceled")
	assert.True(t, errors.Is(err, context.Canceled))
}
