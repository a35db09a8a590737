package main

import (
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gated is a writer that nobody reads from until the gate is open.
type gated struct {
	bytes.Buffer
	gate chan struct{}
}

func (g *gated) Write(p []byte) (int, error) {
	<-g.gate
	return g.Buffer.Write(p)
}

func TestLogBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{gate: make(chan struct{})}
		b := newLogBuffer(g, 100)
		log := slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}}))
		b.report = func(n int) { log.Warn("dropped", "lines", n) }
		log.Info("first")
		synctest.Wait() // it is being written, and never is
		for range 10 {
			log.Info("twenty")
		}
		assert.EqualValues(t, 6, b.dropped.Load(), "lines of 22 bytes, of which four fit")
		close(g.gate)
		time.Sleep(logPause) // then what waited is written
		synctest.Wait()
		log.Info("last")
		b.close(time.Second)
		assert.Equal(t, "level=INFO msg=first\n"+strings.Repeat("level=INFO msg=twenty\n", 4)+
			"level=WARN msg=dropped lines=6\nlevel=INFO msg=last\n", g.String())
		log.Info("after the end")
		assert.EqualValues(t, 7, b.dropped.Load())
	})
}

// writes counts those of a log.
type writes struct {
	mu   sync.Mutex
	text bytes.Buffer
	n    int
}

func (w *writes) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n++
	return w.text.Write(p)
}

// have compares how many there were, and what they wrote.
func (w *writes) have(t *testing.T, n int, text string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	assert.Equal(t, n, w.n)
	assert.Equal(t, text, w.text.String())
}

// A line is written at once, and those that follow soon are written together.
func TestLogBuffer_gathersLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w writes
		b := newLogBuffer(&w, 1<<20)
		write := func(line string) {
			_, _ = b.Write([]byte(line))
			synctest.Wait()
		}
		write("first\n")
		w.have(t, 1, "first\n")
		for range 3 {
			write("more\n")
		}
		w.have(t, 1, "first\n")
		time.Sleep(logPause)
		synctest.Wait()
		w.have(t, 2, "first\nmore\nmore\nmore\n") //nolint:dupword // lines
		time.Sleep(logPause)
		write("later\n")
		w.have(t, 3, "first\nmore\nmore\nmore\nlater\n") //nolint:dupword // lines
		write("last\n")
		begin := time.Now()
		b.close(time.Second)
		assert.Equal(t, begin, time.Now(), "the end does not wait for more")
		w.have(t, 4, "first\nmore\nmore\nmore\nlater\nlast\n") //nolint:dupword // lines
	})
}

func TestLogBuffer_notRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gated{gate: make(chan struct{})}
		b := newLogBuffer(g, 100)
		_, _ = b.Write([]byte("line\n"))
		begin := time.Now()
		b.close(time.Second)
		assert.Equal(t, time.Second, time.Since(begin))
		close(g.gate)
		<-b.done
		assert.Equal(t, "line\n", g.String())
	})
}

// Nobody reads the standard error stream of a server, or has closed it: it answers, and ends.
func TestServe_logNotRead(t *testing.T) {
	for name, gone := range map[string]bool{"does not read": false, "has gone": true} {
		t.Run(name, func(t *testing.T) {
			socket := filepath.Join(t.TempDir(), "s")
			cmd := exec.CommandContext(t.Context(), "mtok", "serve", "--model", "v3", "--addr", "", "--uds", socket)
			r, w, err := os.Pipe()
			require.NoError(t, err)
			defer r.Close()
			cmd.Env, cmd.Stderr = append(os.Environ(), "MTOK_CACHE="+cacheDir(t)), w
			require.NoError(t, cmd.Start())
			require.NoError(t, w.Close())
			if gone {
				require.NoError(t, r.Close())
			}
			const pipe, line = 64 << 10, 100 // bytes; a line of the access log is longer
			for range 2 * pipe / line {
				require.Contains(t, askUnix(t, socket, "/tokenize", `{"prompt": "Hello"}`), `"tokens":[1,23325]`)
			}
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			assert.NoError(t, cmd.Wait())
		})
	}
}
