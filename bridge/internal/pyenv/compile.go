package pyenv

import (
	"context"
	_ "embed"
	"runtime"
	"strconv"
	"sync"
)

// compile makes the compiled modules of what is below dir, once: they save time at
// every start, are part of the manifest, and a read-only cache could not make them
// later. Python takes them as they are, whatever the times of the files: a copy
// must not make it compile and write everything anew. So it is our manifest alone
// that says whether a module and what was compiled from it are unchanged.
//
// It starts one Python for each processor; a pool of Python's own needs semaphores,
// and those need /dev/shm. A module that does not compile is left out, and a
// Python that will not do it at all works all the same.
func (p *plan) compile(ctx context.Context, python, dir, final string) error {
	const most = 8
	n := min(runtime.GOMAXPROCS(0), most)
	errs := make([]error, n)
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			_, errs[i] = run(ctx, command{
				path:    python,
				args:    []string{"-I", "-B", "-X", "utf8", "-W", "ignore", "-c", compileScript, dir, final, strconv.Itoa(i), strconv.Itoa(n)},
				environ: scrub(p.Environ),
			})
		})
	}
	group.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, err := range errs {
		if err != nil {
			p.Logger.Warn("the modules were not all compiled", "dir", dir, "reason", err)
			break
		}
	}
	return nil
}

//go:embed compile.py
var compileScript string
