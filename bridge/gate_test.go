package bridge_test

import (
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gate is where bridge.OpGate waits until the test opens it, and says that it has come: tests go by that, not by time.
type gate struct {
	path string
	end  *os.File
}

// gates stay closed until they are opened: the garbage collector would close what nobody has.
var gates struct {
	sync.Mutex
	ends []*os.File
}

// makeGate makes a gate in an empty directory.
func makeGate(dir string) (*gate, error) {
	g := &gate{path: filepath.Join(dir, "fifo")}
	return g, syscall.Mkfifo(g.path, 0o600)
}

// begun waits until a job has arrived.
func (g *gate) begun() (err error) {
	g.end, err = os.OpenFile(g.path, os.O_WRONLY, 0)
	gates.Lock()
	defer gates.Unlock()
	gates.ends = append(gates.ends, g.end)
	return err
}

// open lets through the jobs that wait, and those that come later.
func (g *gate) open() error {
	if err := os.RemoveAll(filepath.Dir(g.path)); err != nil || g.end == nil {
		return err
	}
	return g.end.Close()
}

func newGate(t testing.TB) *gate {
	t.Helper()
	g, err := makeGate(t.TempDir())
	require.NoError(t, err)
	return g
}

// childGate is newGate for a child.
func childGate() (*gate, error) {
	dir, err := os.MkdirTemp("", "gate-")
	if err != nil {
		return nil, err
	}
	return makeGate(dir)
}

// guard is how long what must come may take: it is there for what never comes.
const guard = 5 * time.Minute
