package loadtest

import (
	"bytes"
	"context"
	"fmt"
)

// Ask sends one request and returns its tokens as they are written in the answer, without spaces. The text is the same
// for every server, and so the tokens must be. Errors: no answer, another status than 200, an answer without tokens.
func Ask(ctx context.Context, a Address, s Shape) ([]byte, error) {
	r := newRequest(s, a.host())
	c := newConn(a)
	defer c.close()
	status, body, err := c.do(ctx, r.raw)
	if err != nil {
		return nil, err
	}
	if status != 200 {
		return nil, fmt.Errorf("%d %s", status, body[:min(len(body), 300)])
	}
	list, ok := s.Route.tokens(body)
	if !ok {
		return nil, fmt.Errorf("no tokens in %s", body[:min(len(body), 300)])
	}
	return bytes.ReplaceAll(list, []byte(" "), nil), nil
}

// Tokens is how many tokens a list has that Ask returned.
func Tokens(list []byte) int {
	if len(list) == 0 {
		return 0
	}
	return bytes.Count(list, []byte(",")) + 1
}
