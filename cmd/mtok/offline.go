package main

import (
	"errors"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// isOffline reports whether --offline or MTOK_OFFLINE forbids the network.
func (f *envFlags) isOffline() bool { return f.offline || bridge.Offline() }

// quiet returns the variables for the programs that a command starts when it is offline.
func (f *envFlags) quiet() []string {
	if !f.isOffline() {
		return nil
	}
	return []string{"MTOK_OFFLINE=1", "HF_HUB_OFFLINE=1", "HF_HUB_DISABLE_TELEMETRY=1", "TRANSFORMERS_OFFLINE=1", "VLLM_NO_USAGE_STATS=1", "DO_NOT_TRACK=1"}
}

// offlineHint is about a command line that asks for the network, and forbids it.
func offlineHint(what, way string) error {
	return &bridge.OfflineError{What: what, Way: way + ", or run it without --offline and MTOK_OFFLINE"}
}

// isOfflineError reports whether the way out is the network.
func isOfflineError(err error) bool {
	var offline *bridge.OfflineError
	return errors.As(err, &offline)
}
