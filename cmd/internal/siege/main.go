//go:build linux

// Command siege sends a real mtok serve all that it can be asked, and measures what that costs it.
//
// siege limits runs it with the settings and the memory of the Kubernetes manifests, and sends texts of the worst kinds
// to every route that tokenizes, at the largest size and many at once. siege soak sends many mixed requests, and compares
// memory, threads, descriptors and goroutines at the end with those after the first fifth.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// settings are what the flags say.
type settings struct {
	mtok, base string
	rounds     int
	requests   int
	workers    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "siege:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("siege takes limits or soak")
	}
	var s settings
	f := flag.NewFlagSet("siege", flag.ExitOnError)
	f.StringVar(&s.mtok, "mtok", "bin/mtok", "the program")
	f.StringVar(&s.base, "base", "deploy/kubernetes/base", "limits: the manifests with the settings and the memory")
	f.IntVar(&s.rounds, "rounds", 2, "limits: how often each request is sent, all at once")
	f.IntVar(&s.requests, "n", 200_000, "soak: requests")
	f.StringVar(&s.workers, "workers", "2", "soak: worker processes")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "limits":
		return limits(ctx, s)
	case "soak":
		return soak(ctx, s)
	}
	return fmt.Errorf("there is no %q; there are limits and soak", args[0])
}
