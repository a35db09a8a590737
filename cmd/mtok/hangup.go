package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// endOnHangup ends a context when the terminal goes, or another process sends
// SIGHUP, unless that was ignored from the start, as nohup does. More of them change nothing:
// a shell that ends passes its own on beside the kernel's.
func endOnHangup(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, end := context.WithCancel(ctx)
	if signal.Ignored(syscall.SIGHUP) {
		return ctx, end
	}
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	go func() {
		select {
		case <-hangups:
			end()
		case <-ctx.Done():
		}
	}()
	return ctx, end
}
