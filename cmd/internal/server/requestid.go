package server

import (
	"encoding/hex"
	"math/rand/v2"
	"net/http"
)

// requestID is the id that the caller gave, if it is fit for headers and logs: up to 128
// visible ASCII characters.
func requestID(r *http.Request) string {
	given := r.Header["X-Request-Id"]
	if len(given) == 0 || len(given[0]) > 128 {
		return ""
	}
	for _, c := range []byte(given[0]) {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return given[0]
}

// newID is a random id, as vLLM's is: a UUID's 32 digits.
func newID() string {
	var b [16]byte
	for i, v := 0, [2]uint64{rand.Uint64(), rand.Uint64()}; i < 16; i++ { //nolint:gosec // a name for a request, no secret
		b[i] = byte(v[i/8] >> (8 * (i % 8)))
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return hex.EncodeToString(b[:])
}
