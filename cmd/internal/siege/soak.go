//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// A memo of the ordinary size would still be filling after the first fifth.
const memo = "MTOK_SERVE_MEMO=4194304"

// soak sends mixed requests. The first fifth is for warmth: caches fill, and pools reach their size.
func soak(ctx context.Context, s settings) error {
	dir, err := os.MkdirTemp("", "siege")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	p, err := start(ctx, s.mtok, []string{"MTOK_SERVE_MODEL=v3-tekken", "MTOK_SERVE_WORKERS=" + s.workers, "MTOK_SERVE_MAX_BODY=1048576", "MTOK_SERVE_ACCESS_LOG=off", memo}, nil, dir)
	if err != nil {
		return err
	}
	err = p.soaked(ctx, s.requests)
	if serr := p.stop(); serr != nil {
		err = errors.Join(err, fmt.Errorf("its end: %w", serr))
	}
	return err
}

func (p *process) soaked(ctx context.Context, n int) error {
	conn, err := dial(p.address)
	if err != nil {
		return err
	}
	defer conn.Close()
	c := client()
	defer c.CloseIdleConnections()
	m := &mix{c: c, conn: conn, address: p.address, statuses: map[int]int{}}
	begun := time.Now()
	if err := m.send(ctx, n/5); err != nil {
		return err
	}
	before, err := p.rest(ctx, c)
	if err != nil {
		return err
	}
	fmt.Printf("after %d requests: %v\n", n/5, before)
	if err := m.send(ctx, n-n/5); err != nil {
		return err
	}
	after, err := p.rest(ctx, c)
	if err != nil {
		return err
	}
	fmt.Printf("after %d requests: %v; statuses %v, %d cancelled; %v\n", n, after, m.statuses, m.cancelled.Load(), time.Since(begun).Round(time.Second))
	return after.against(before)
}
