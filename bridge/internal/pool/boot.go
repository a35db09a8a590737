package pool

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/internal/sys"
)

// loader reads the sources from standard input and becomes the first zygote. What goes wrong is said on the real
// standard error, because Python's own is a log by then.
const loader = `import json, os, sys
try:
    given = json.load(sys.stdin.buffer)
    space = {"__name__": "bootstrap"}
    exec(compile(given["bootstrap"], "pyshim/bootstrap.py", "exec"), space)
    info = space["start"](given["config"].encode())[1]
    from pyshim.workers import zygote
except BaseException as failure:
    text = f"start pyshim: {type(failure).__name__}: {failure}"
    os.write(2, text.encode(errors="backslashreplace"))
    os._exit(1)
zygote.main(info)
`

const bootLimit = 5 * time.Minute

// boot starts a first zygote and returns what it says of itself. booting is called with the process, which it may kill.
func boot(o *Options, booting func(*process)) (z *zygote, info []byte, err error) {
	l, err := newLink()
	if err != nil {
		return nil, nil, err
	}
	cmd := exec.Command(o.Python, "-I", "-X", "utf8", "-c", loader)
	cmd.Env = o.Env
	cmd.Stdin = bytes.NewReader(o.Boot)
	cmd.Stdout, cmd.Stderr = l.childFiles[1], l.childFiles[1]
	cmd.ExtraFiles = []*os.File{l.childFiles[0], l.childFiles[2]}
	cmd.SysProcAttr = sys.DiesWithThread()
	started, ended := make(chan error, 1), make(chan int, 1)
	go func() {
		// The death signal is bound to this thread: it lives, locked, as long as the process.
		runtime.LockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		_ = cmd.Wait()
		ended <- sys.ExitStatus(cmd.ProcessState)
	}()
	if err := <-started; err != nil {
		l.close()
		return nil, nil, fmt.Errorf("pool: start %s: %w", o.Python, err)
	}
	l.closeChildFiles()
	p := newProcess(l, cmd.Process.Pid, nil, o.Log)
	p.wait = func() int { return <-ended }
	z = newZygote(p, nil)
	booting(p)
	_ = p.conn.SetReadDeadline(time.Now().Add(bootLimit))
	info, err = readAnswer(p.conn)
	_ = p.conn.SetReadDeadline(time.Time{})
	if err != nil {
		_ = z.fail(err)
		z.stop()
		return nil, nil, fmt.Errorf("pool: start %s: %w: %s", o.Python, err, p.stderrTail.String())
	}
	return z, info, nil
}
