package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// allShortcuts are those of decision 0006.
var allShortcuts = []string{"text", "pack", "memo", "layouts", "schemas"}

// examineShortcuts loads a shipped tokenizer and says which shortcuts it can take.
func examineShortcuts(ctx context.Context, env *envFlags, s streams) (shortcuts []string, err error) {
	// What Open warns of is among the problems.
	opts := append(env.options(s), bridge.WithOffline(), bridge.WithLogger(slog.New(slog.DiscardHandler)))
	rt, err := bridge.Open(ctx, opts...)
	if err != nil {
		return nil, err
	}
	defer func() {
		if cerr := rt.Close(ctx); err == nil {
			err = cerr
		}
	}()
	tok, err := rt.Load(ctx, bridge.Shipped("v3-tekken"))
	if err != nil {
		return nil, err
	}
	return tok.Describe().Shortcuts, nil
}

// shortcutLine is what doctor prints of them.
func shortcutLine(active []string) string {
	var off []string
	for _, name := range allShortcuts {
		if !slices.Contains(active, name) {
			off = append(off, name)
		}
	}
	on := strings.Join(active, ", ")
	if on == "" {
		on = "none"
	}
	if len(off) == 0 {
		return on
	}
	return on + "; not " + strings.Join(off, ", ") + ": not known to be exact with this release of mistral-common"
}
