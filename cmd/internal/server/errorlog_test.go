package server

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// full is a listener for which there are no file descriptors, until it is closed.
type full struct {
	net.Listener
	asked int
}

type noFiles struct{ error }

func (noFiles) Timeout() bool   { return false }
func (noFiles) Temporary() bool { return true }

func (f *full) Accept() (net.Conn, error) {
	if f.asked++; f.asked > 1 {
		return nil, http.ErrServerClosed
	}
	return nil, noFiles{errors.New("too many open files")}
}

func (f *full) Close() error   { return nil }
func (f *full) Addr() net.Addr { return &net.TCPAddr{} }

// What the machine refuses is in the log of a server that logs warnings; what callers do is not.
func TestErrorLog_netHTTP(t *testing.T) {
	var out bytes.Buffer
	s := &Server{o: Options{Log: slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo}))}}
	srv := s.httpServer(nil)
	assert.ErrorIs(t, srv.Serve(&full{}), http.ErrServerClosed)
	assert.Contains(t, out.String(), "level=WARN")
	assert.Contains(t, out.String(), "too many open files")
	out.Reset()
	srv.ErrorLog.Print("http: TLS handshake error from 1.2.3.4:5: EOF")
	assert.Empty(t, out.String())
	srv.ErrorLog.Print("http: panic serving 1.2.3.4:5: boom")
	assert.Contains(t, out.String(), "level=WARN")
}
