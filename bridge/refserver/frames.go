package refserver

import (
	"runtime"
	"sync"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// frames are large frames that nobody reads any more. Memory that is new has to be mapped
// page by page, which takes longer than to copy a request into it.
type frames struct{ pool sync.Pool }

const largeFrame = 64 << 10

func (p *frames) get(h wire.Header, hint int) []byte {
	if hint > largeFrame {
		if f, ok := p.pool.Get().(*[]byte); ok && cap(*f) >= wire.RequestHeaderSize+hint {
			return append(*f, wire.NewFrame(h, 0)...)
		}
	}
	return wire.NewFrame(h, hint)
}

func (p *frames) put(f []byte) {
	if cap(f) > largeFrame {
		f = f[:0]
		p.pool.Put(&f)
	}
}

// appendYielding is append(dst, src...) that lets other goroutines run between two pieces, where preemptible.Append waits to
// be interrupted: a server has others to answer.
func appendYielding(dst, src []byte) []byte {
	const piece = 256 << 10
	for len(src) > piece {
		dst = append(dst, src[:piece]...)
		src = src[piece:]
		runtime.Gosched()
	}
	return append(dst, src...)
}
