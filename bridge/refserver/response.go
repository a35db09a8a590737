package refserver

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Response is the answer to an HTTP request. If Tokens is not nil the body is Head, the
// tokens as a JSON list, and Tail; else it is Head alone.
type Response struct {
	Status      int    // HTTP status code
	ContentType string // the header's value
	Head, Tail  []byte
	Tokens      []int32
	Raised      *bridge.Raised // what is behind a status 500; nil with any other
}

// noTokens is where the tokens of an answer without any are said to stand.
const noTokens = 1<<32 - 1

// contentTypes are by their number in a reply, see pyshim/server/answer.py.
var contentTypes = []string{"application/json", "text/plain; charset=utf-8"}

// readResponse reads a reply, whose Aux is the number of the content type, the status, and where the tokens stand.
func readResponse(r *wire.Reply) (*Response, error) {
	s := &Response{Status: int(r.Aux >> 32 & 0xffff), Head: r.Body}
	if s.Status < 100 || s.Status > 599 {
		return nil, fmt.Errorf("HTTP status %d", s.Status)
	}
	kind := r.Aux >> 48
	if kind >= uint64(len(contentTypes)) {
		return nil, fmt.Errorf("content type %d", kind)
	}
	s.ContentType = contentTypes[kind]
	if len(r.Bufs) > 0 {
		s.Raised = &bridge.Raised{}
		if err := json.Unmarshal(r.Bufs[0], s.Raised); err != nil {
			return nil, fmt.Errorf("the cause of a failure: %w", err)
		}
	}
	at := r.Aux & noTokens
	if at == noTokens {
		return s, nil
	}
	if at > uint64(len(r.Body)) {
		return nil, fmt.Errorf("the tokens are at %d of %d bytes", at, len(r.Body))
	}
	s.Head, s.Tail, s.Tokens = r.Body[:at:at], r.Body[at:], r.Ints
	if s.Tokens == nil {
		s.Tokens = []int32{}
	}
	return s, nil
}

// Count is the number of tokens in the answer, -1 if it has none.
func (s *Response) Count() int {
	if s.Tokens == nil {
		return -1
	}
	return len(s.Tokens)
}

// Len is the number of bytes of the body.
func (s *Response) Len() int {
	n := len(s.Head) + len(s.Tail)
	if s.Tokens == nil {
		return n
	}
	n += 2 + max(0, len(s.Tokens)-1)
	for _, token := range s.Tokens {
		n += digits(token)
	}
	return n
}

// AppendBody appends the body. It does not allocate where dst has room for Len bytes more.
func (s *Response) AppendBody(dst []byte) []byte {
	dst = append(dst, s.Head...)
	if s.Tokens == nil {
		return dst
	}
	dst = append(dst, '[')
	for i, token := range s.Tokens {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(token), 10)
	}
	return append(append(dst, ']'), s.Tail...)
}

// digits is how long a token is in decimal.
func digits(token int32) int {
	n, v := 1, int64(token)
	if v < 0 {
		n, v = 2, -v
	}
	for ; v >= 10; v /= 10 {
		n++
	}
	return n
}
