package pool_test

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/mistralbridge/mistralbridge/bridge/internal/pool"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// limit sets a limit of a process, 0 for this one, and returns what sets it back.
func limit(t *testing.T, pid, which int, soft uint64) (lift func()) {
	t.Helper()
	var before unix.Rlimit
	require.NoError(t, unix.Prlimit(pid, which, nil, &before))
	require.NoError(t, unix.Prlimit(pid, which, &unix.Rlimit{Cur: soft, Max: before.Max}, nil))
	lift = func() { _ = unix.Prlimit(pid, which, &before, nil) }
	t.Cleanup(lift)
	return lift
}

// room is a limit of open files with which a process gets two more, but not the three that go with a fork.
func room(t *testing.T, pid int) (soft uint64) {
	t.Helper()
	for free := 0; free < 3; soft++ {
		if _, err := os.Lstat(fmt.Sprintf("/proc/%d/fd/%d", pid, soft)); err != nil {
			free++
		}
	}
	return soft - 1
}

// obstacle is a way in which workers cannot be made, until it is lifted.
type obstacle struct {
	name, cause string // in the error
	errno       syscall.Errno
	lasting     bool // it stays when the first process is another one
	put         func(t *testing.T, p *pool.Pool, python string) (lift func())
}

var obstacles = []obstacle{
	{"no open files here", "too many open files: raise the limit of open files", syscall.EMFILE, true, func(t *testing.T, _ *pool.Pool, _ string) func() {
		return limit(t, 0, unix.RLIMIT_NOFILE, 3)
	}},
	{"no open files in the first process", "pool: fork: too many open files", syscall.EMFILE, false, func(t *testing.T, p *pool.Pool, _ string) func() {
		return limit(t, p.Zygote(), unix.RLIMIT_NOFILE, 3)
	}},
	{"no memory for what is shared", "ended before it was ready: exit status 1: OSError", 0, false, func(t *testing.T, p *pool.Pool, _ string) func() {
		return limit(t, p.Zygote(), unix.RLIMIT_AS, 1<<20)
	}},
	{"a fork that is refused", "pool: fork: resource temporarily unavailable: raise the limit of processes", syscall.EAGAIN, true, func(t *testing.T, _ *pool.Pool, python string) func() {
		path := python + ".nofork"
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		return func() { require.NoError(t, os.Remove(path)) }
	}},
	{"a first process that cannot be made anew", "pool: start ", 0, true, func(t *testing.T, p *pool.Pool, python string) func() {
		path := python + ".broken"
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		kill(p.Zygote())
		return func() { require.NoError(t, os.Remove(path)) }
	}},
}

// breakable is a Python that does not start, and one whose forks fail, while a file is beside it.
func breakable(t *testing.T) string {
	t.Helper()
	return script(t, "#!/bin/sh\nif [ -e \"$0.broken\" ]; then exit 1; fi\nexport MTOK_TEST_NOFORK=\"$0.nofork\"\nexec '"+python+"' \"$@\"\n")
}

// While no worker lives and none can be made, calls that wait, and calls that come, fail with why; loads too. When one
// can be made again all is as it was.
func TestNoWorker(t *testing.T) {
	for _, o := range obstacles {
		t.Run(o.name, func(t *testing.T) {
			path := breakable(t)
			var said lockedBuffer
			p, c := start(t, func(opts *pool.Options) {
				opts.Workers, opts.Python = 1, path
				opts.Log = slog.New(slog.NewTextHandler(&said, nil))
			})
			v3 := load(t, c, `{"name":"v3"}`)
			full(t, p, c)
			worker := pidOf(t, c)
			g, busy := hold(t, c)
			waits, err := c.Submit(t.Context(), frame(wire.OpEncodeChat, v3, -1, helloRequest))
			require.NoError(t, err)
			lift := o.put(t, p, path)
			require.NoError(t, p.Ready(), "there is one")
			kill(worker)
			<-busy.Done()
			_ = g

			failed := func(err error) {
				t.Helper()
				var none *pool.NoWorkerError
				require.ErrorAs(t, err, &none)
				require.ErrorIs(t, err, pool.ErrNoWorker)
				require.ErrorContains(t, err, o.cause)
				assert.True(t, none.Retryable())
				assert.GreaterOrEqual(t, none.Attempts, 2)
				if o.errno != 0 {
					require.ErrorIs(t, err, o.errno)
				}
			}
			require.NoError(t, waits.Wait(t.Context()))
			_, err = waits.Reply()
			failed(err)
			if o.lasting { // else an attempt may be under way, with a worker that is not ready yet
				_, err = c.Do(t.Context(), frame(opEcho, 0, 0, "comes"))
				failed(err)
				failed(p.Ready())
				assert.Zero(t, len(p.Stats().Workers))
			}
			s := p.Stats()
			assert.GreaterOrEqual(t, s.Unmade, int64(2))
			assert.EqualValues(t, 1, s.Wanted)

			lift()
			eventually(t, func() bool { return p.Ready() == nil && p.Full() })
			hello(t, c, v3)
			require.NoError(t, p.Ready())
			eventually(t, func() bool { return strings.Contains(said.String(), "a worker process has been made again") })
			assert.Contains(t, said.String(), `level=WARN msg="a worker process cannot be made"`)
			assert.Contains(t, said.String(), "alive=0 wanted=1")
			assert.NotContains(t, said.String(), "Hello")
			s = p.Stats()
			assert.Equal(t, s.Submitted, s.Completed+s.Failed+s.Cancelled)
		})
	}
}

// A load that needs a process that cannot be made fails with the same error, and can be tried again.
func TestNoWorker_load(t *testing.T) {
	p, c := start(t, func(o *pool.Options) { o.Workers = 1 })
	load(t, c, `{"name":"v2"}`) // so that all that is imported for a load is there
	full(t, p, c)
	for _, pid := range []int{0, p.Zygote()} {
		soft := uint64(3)
		if pid != 0 {
			soft = room(t, pid)
		}
		lift := limit(t, pid, unix.RLIMIT_NOFILE, soft)
		_, err := c.Do(t.Context(), frame(wire.OpLoad, 0, -1, `{"name":"v3"}`))
		lift()
		var none *pool.NoWorkerError
		require.ErrorAs(t, err, &none)
		require.ErrorIs(t, err, syscall.EMFILE)
	}
	require.NoError(t, p.Ready(), "what there is goes on")
	hello(t, c, load(t, c, `{"name":"v3"}`))
	assert.EqualValues(t, 1, p.Stats().Boots)
}

// What some workers serve goes on while others cannot be made, however long. It is in the log and in the numbers.
func TestNoWorker_some(t *testing.T) {
	var said lockedBuffer
	p, c := start(t, func(o *pool.Options) { o.Log = slog.New(slog.NewTextHandler(&said, nil)) })
	v3 := load(t, c, `{"name":"v3"}`)
	full(t, p, c)
	lift := limit(t, 0, unix.RLIMIT_NOFILE, 3)
	kill(pidOf(t, c))
	for p.Stats().Unmade < 4 {
		_, err := again(t.Context(), c, frame(wire.OpEncodeChat, v3, -1, helloRequest)) // the first may meet the one that dies
		require.NoError(t, err)
		require.NoError(t, p.Ready())
	}
	s := p.Stats()
	assert.Len(t, s.Workers, 1)
	assert.EqualValues(t, 2, s.Wanted)
	assert.Contains(t, said.String(), "alive=1 wanted=2")

	// What the one that is left does not have is not to be waited for.
	lift()
	held, stays := s.Workers[0].PID, limit(t, p.Zygote(), unix.RLIMIT_NOFILE, room(t, p.Zygote()))
	_, err := c.Do(t.Context(), frame(wire.OpLoad, 0, -1, `{"name":"v2"}`))
	require.ErrorIs(t, err, pool.ErrNoWorker)
	assert.Equal(t, held, p.Stats().Workers[0].PID)
	stays()
	eventually(t, p.Full)
	hello(t, c, v3)
}

// A worker that is loaded with what a call is about cannot be made, while those that live do not have it: the call fails,
// the others are served.
func TestNoWorker_nextGeneration(t *testing.T) {
	path := breakable(t)
	p, c := start(t, func(o *pool.Options) { o.Workers, o.Python = 1, path })
	v3 := load(t, c, `{"name":"v3"}`)
	full(t, p, c)
	require.NoError(t, os.WriteFile(path+".noworker", nil, 0o600))
	v2 := load(t, c, `{"name":"v2"}`)
	_, err := c.Do(t.Context(), frame(wire.OpEncodeChat, v2, -1, helloRequest))
	require.ErrorIs(t, err, pool.ErrNoWorker)
	require.ErrorIs(t, p.Ready(), pool.ErrNoWorker)
	hello(t, c, v3)
	require.NoError(t, os.Remove(path+".noworker"))
	eventually(t, func() bool { return p.Ready() == nil })
	r, err := c.Do(t.Context(), frame(wire.OpEncodeChat, v2, -1, helloRequest))
	require.NoError(t, err)
	assert.NotEmpty(t, r.Ints)
	hello(t, c, v3)
}

// The way out is in the text of the error.
func TestNoWorker_hints(t *testing.T) {
	for errno, hint := range map[syscall.Errno]string{
		syscall.EMFILE: "ulimit -n", syscall.ENFILE: "fs.file-max", syscall.EAGAIN: "pids limit", syscall.ENOMEM: "memory",
		syscall.EPERM: "sandbox", syscall.EACCES: "sandbox", syscall.ENOSYS: "kernel", syscall.ENOENT: "mtok doctor", syscall.EIO: "mtok doctor",
	} {
		err := &pool.NoWorkerError{Err: errors.Join(errors.New("somewhere"), errno), Attempts: 2}
		assert.Contains(t, err.Error(), hint)
		assert.Contains(t, err.Error(), errno.Error())
	}
}
