package loadtest

import (
	"bufio"
	"context"
	"net"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// Address is where a server listens: host:port, or the path of a Unix socket.
type Address string

// IsUnix reports whether it is a Unix socket, which needs no network.
func (a Address) IsUnix() bool { return a.network() == "unix" }

func (a Address) network() string {
	if strings.Contains(string(a), "/") {
		return "unix"
	}
	return "tcp"
}

// host is for the header of that name.
func (a Address) host() string {
	if a.network() == "unix" {
		return "localhost"
	}
	return string(a)
}

// patience is how long an answer may take before it counts as lost.
const patience = 2 * time.Minute

// conn is one keep-alive connection. One goroutine uses it.
type conn struct {
	address Address
	c       net.Conn
	r       *bufio.Reader
	answer  fasthttp.Response
	until   time.Time // its deadline
	stop    func() bool
}

func newConn(a Address) *conn { return &conn{address: a, r: bufio.NewReaderSize(nil, 16<<10)} }

// do sends the bytes of a request and reads the answer, whose body is good until the next call. It connects if it has
// to. After an error, the end of ctx among them, the next call connects anew.
func (c *conn) do(ctx context.Context, raw []byte) (status int, body []byte, err error) {
	if c.c == nil {
		if err := c.dial(ctx); err != nil {
			return 0, nil, err
		}
	}
	if now := time.Now(); c.until.Sub(now) < patience/2 {
		c.until = now.Add(patience)
		_ = c.c.SetDeadline(c.until)
	}
	if err = ctx.Err(); err == nil {
		if _, err = c.c.Write(raw); err == nil {
			err = c.answer.Read(c.r)
		}
	}
	if err != nil {
		c.close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return 0, nil, err
	}
	if c.answer.ConnectionClose() {
		c.close()
	}
	return c.answer.StatusCode(), c.answer.Body(), nil
}

func (c *conn) dial(ctx context.Context) error {
	d := net.Dialer{Timeout: patience}
	fd, err := d.DialContext(ctx, c.address.network(), string(c.address))
	if err != nil {
		return err
	}
	// The goroutine is in a read, which knows no contexts.
	c.stop = context.AfterFunc(ctx, func() { _ = fd.SetDeadline(time.Unix(1, 0)) })
	c.c, c.until = fd, time.Time{}
	c.r.Reset(fd)
	return nil
}

func (c *conn) close() {
	if c.c == nil {
		return
	}
	c.stop()
	_ = c.c.Close()
	c.c = nil
}
