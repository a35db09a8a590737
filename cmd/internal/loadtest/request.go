package loadtest

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
)

// Shape says what the requests of a load look like.
type Shape struct {
	Route Route
	Bytes int    // of the user's message
	Model string // empty: the request names none
	Same  bool   // every request has the same text
	Key   string // API key; empty: none
}

// digits is how long the number is that makes a text one of its own: always the same, and so is the number of tokens.
const digits = 10

// request is an HTTP request whose text begins with a number.
type request struct {
	shape Shape
	raw   []byte
	at    int // where the number is
}

func newRequest(s Shape, host string) *request {
	var body, head bytes.Buffer
	body.WriteByte('{')
	if s.Model != "" {
		fmt.Fprintf(&body, `"model":%q,`, s.Model)
	}
	body.WriteString(`"messages":[{"role":"user","content":"`)
	at := body.Len()
	const word = "word "
	text := strings.Repeat("0", digits) + " " + strings.Repeat(word, s.Bytes/len(word)+1)
	body.WriteString(text[:max(s.Bytes, digits+1)])
	body.WriteString(`"}]}`)
	fmt.Fprintf(&head, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n", s.Route.Path, host, body.Len())
	if s.Key != "" {
		fmt.Fprintf(&head, "Authorization: Bearer %s\r\n", s.Key)
	}
	head.WriteString("\r\n")
	return &request{shape: s, at: head.Len() + at, raw: append(head.Bytes(), body.Bytes()...)}
}

// clone is for another connection: each writes its own numbers.
func (r *request) clone() *request {
	c := *r
	c.raw = bytes.Clone(r.raw)
	return &c
}

// number makes the text that of n.
func (r *request) number(n uint64) {
	for i := digits - 1; i >= 0; i-- {
		r.raw[r.at+i] = '0' + byte(n%10)
		n /= 10
	}
}

// serial numbers the requests of a run, so that no server has seen one before.
type serial struct{ n atomic.Uint64 }

func (s *serial) next() uint64 { return s.n.Add(1) }
