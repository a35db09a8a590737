package attack

import (
	"fmt"
	"net"
	"strings"
)

// connections are attacks by those who do not get as far as a body, or do not stay for the answer.
func connections() []Attack {
	return append(waiting(
		text{"connections on which nothing comes", 200, func(*Target) string { return "" }},
		text{"connections that were used once", 100, func(*Target) string { return "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" }},
		text{"half a request line", 50, func(*Target) string { return "POST /tok" }},
		text{"headers that do not end", 50, func(t *Target) string { return t.post("/tokenize") }},
		text{"a second request that does not come", 50, func(t *Target) string {
			return "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" + t.post("/tokenize")
		}},
		text{"half a preface of HTTP/2", 50, func(*Target) string { return "PRI * HTTP/2.0\r\n\r\nSM" }},
		text{"a greeting of TLS", 50, func(*Target) string {
			return "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x00", 500)
		}},
		text{"the sending side closed at once", 50, func(t *Target) string { return t.post("/tokenize") + "Content-Length: 10\r\n\r\n{" }},
	),
		Attack{Name: "headers a byte at a time", Run: func(t *Target) error {
			for range 10 {
				c, err := t.dial()
				if err != nil {
					return err
				}
				for _, b := range t.post("/tokenize") {
					write(c, string(b))
				}
			}
			return nil
		}},
		Attack{Name: "connections that are reset", Run: func(t *Target) error { return t.reset(200, "") }},
		Attack{Name: "requests that are reset", Run: func(t *Target) error {
			return t.reset(200, t.post("/tokenize")+"Content-Length: 15\r\n\r\n"+`{"prompt":"ab"}`)
		}},
		Attack{Name: "bodies that are reset", Run: func(t *Target) error {
			return t.reset(200, t.post("/tokenize")+fmt.Sprintf("Content-Length: %d\r\n\r\n", t.MaxBody)+strings.Repeat(" ", 8<<10))
		}},
	)
}

// reset opens connections that send a text, and then break.
func (t *Target) reset(n int, text string) error {
	for range n {
		c, err := t.dial()
		if err != nil {
			return err
		}
		write(c, text)
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	return nil
}
