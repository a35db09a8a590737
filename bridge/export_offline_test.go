package bridge

import (
	"context"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

const opConnect = wire.OpTest + 40

// connectOp lets a test have Python connect to where the frame says.
const connectOp = `
def _connect(request):
    import socket
    host, _, port = request.text().rpartition(":")
    socket.create_connection((host, int(port)), 5).close()
    return Reply(b"connected")

register(0x7000 + 40, _connect)
`

// WithConnectOp adds the operation of Connect.
func WithConnectOp() Option {
	return func(c *config) error {
		c.patch = func(sources map[string]string) { sources["pyshim/dispatch.py"] += connectOp }
		return nil
	}
}

// Connect lets Python open a connection.
func (rt *Runtime) Connect(ctx context.Context, address string) error {
	_, err := do(ctx, rt, sendCall(opConnect, 0, address))
	return err
}
