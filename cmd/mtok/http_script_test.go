package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// askHTTP asks a server on a Unix socket, waiting until it is there and ready:
// http SOCKET METHOD PATH BODY STATUS TEXT. TEXT must be in the answer.
func askHTTP(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 6 {
		ts.Fatalf("usage: http SOCKET METHOD PATH BODY STATUS TEXT")
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", ts.MkAbs(args[0]))
	}}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport}
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if r, err := c.Get("http://server/readyz"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				break
			}
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: no server is ready there", args[0])
		}
	}
	r, err := http.NewRequest(args[1], "http://server"+args[2], strings.NewReader(args[3]))
	ts.Check(err)
	r.Header.Set("Content-Type", "application/json")
	a, err := c.Do(r)
	ts.Check(err)
	text, err := io.ReadAll(a.Body)
	ts.Check(err)
	ts.Check(a.Body.Close())
	if strconv.Itoa(a.StatusCode) != args[4] || !strings.Contains(string(text), args[5]) {
		ts.Fatalf("%s %s: %d %s", args[1], args[2], a.StatusCode, text)
	}
}
