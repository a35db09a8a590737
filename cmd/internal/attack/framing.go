package attack

import (
	"fmt"
	"strings"
)

// framing are requests of which two readers could think differently, and those that no reader should take: each is
// refused, and what follows on the connection is not a request.
func framing() (all []Attack) {
	const body = `{"prompt":"ab"}`
	const smuggled = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, a := range []struct {
		name, headers, body string
		want                int
	}{
		{"two lengths", "Content-Length: 15\r\nContent-Length: 16\r\n", body, 400},
		{"two lengths in one", "Content-Length: 15, 16\r\n", body, 400},
		{"a signed length", "Content-Length: +15\r\n", body, 400},
		{"a negative length", "Content-Length: -15\r\n", body, 400},
		{"a length in hexadecimal", "Content-Length: 0xf\r\n", body, 400},
		{"a length beyond all numbers", "Content-Length: 99999999999999999999\r\n", body, 400},
		{"a space before the colon", "Content-Length : 15\r\n", body, 400},
		{"an unknown coding", "Transfer-Encoding: xchunked\r\n", body, 501},
		{"two codings", "Transfer-Encoding: gzip, chunked\r\n", body, 501},
		{"the coding twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", body, 501},
		{"a coding with something behind it", "Transfer-Encoding: chunked;x\r\n", body, 501},
		{"a header with a zero", "X: \x00\r\n", "", 400},
		{"a header without a name", ": x\r\n", "", 400},
		{"a second host", "Host: y\r\n", "", 400},
		{"more headers than fit", strings.Repeat("A: b\r\n", 20_000), "", 431},
		{"a header that does not fit", "X: " + strings.Repeat("x", 200<<10) + "\r\n", "", 431},
		{"another expectation", "Expect: more\r\nContent-Length: 15\r\n", body, 417},
	} {
		all = append(all, Attack{Name: a.name, Run: func(t *Target) error {
			return t.ask(t.post("/tokenize")+a.headers+"\r\n"+a.body+smuggled, 2, a.want)
		}})
	}
	for _, a := range []struct {
		name, text string
		want       []int
	}{
		{"another version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", []int{505}},
		{"an old version", "GET / HTTP/0.9\r\nHost: x\r\n\r\n", []int{505}},
		{"no host", "GET /livez HTTP/1.1\r\n\r\n", []int{400}},
		{"no version", "GET /livez\r\n\r\n", []int{400}},
		{"a long method", strings.Repeat("G", 10_000) + " /tokenize HTTP/1.1\r\nHost: x\r\n\r\n", []int{405}},
		{"a long address", "GET /" + strings.Repeat("x", 15_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", []int{404}},
		{"an address that does not fit", "GET /" + strings.Repeat("x", 200_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", []int{431}},
		{"an address with a bad escape", "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", []int{400}},
		{"a tunnel", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", []int{404, 405}},
		{"a trace", "TRACE /tokenize HTTP/1.1\r\nHost: x\r\n\r\n", []int{405}},
		{"another address", "GET http://169.254.169.254/latest HTTP/1.1\r\nHost: x\r\n\r\n", []int{404}},
		{"an upgrade to HTTP/2", "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", []int{200}},
		{"an upgrade to a socket", "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", []int{200}},
	} {
		all = append(all, Attack{Name: a.name, Run: func(t *Target) error { return t.ask(a.text, 1, a.want...) }})
	}
	return append(all, Attack{Name: "garbage behind a request", Run: func(t *Target) error {
		return t.ask(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s%s", t.post("/tokenize"), len(body), body, strings.Repeat("\xff", 256<<10)), 3, 200, 400, 431)
	}})
}
