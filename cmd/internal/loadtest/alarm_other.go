//go:build !linux

package loadtest

import "time"

// alarm wakes as well as the runtime's timers do.
type alarm struct{}

func newAlarm() (alarm, error) { return alarm{}, nil }

func (alarm) sleep(d time.Duration) { time.Sleep(d) }

func (alarm) close() {}
