package attack

import (
	"fmt"
	"strings"
)

// bodies are attacks with bodies that come too slowly, in too many pieces, or not at all.
func bodies() []Attack {
	chunked := func(path string, t *Target) string { return t.post(path) + "Transfer-Encoding: chunked\r\n\r\n" }
	all := waiting(
		text{"bodies that are announced", 64, func(t *Target) string {
			return t.post("/tokenize") + fmt.Sprintf("Content-Length: %d\r\n\r\n{", t.MaxBody)
		}},
		text{"small bodies that stop", 64, func(t *Target) string { return t.post("/tokenize") + "Content-Length: 100\r\n\r\n{" }},
		text{"large bodies that stop", 64, func(t *Target) string {
			return t.post("/tokenize") + fmt.Sprintf("Content-Length: %d\r\n\r\n", t.MaxBody) + strings.Repeat(" ", t.MaxBody-1)
		}},
		text{"bodies that nobody reads", 64, func(t *Target) string {
			return strings.Replace(t.post("/livez"), "POST", "GET", 1) + "Content-Length: 100\r\n\r\n{"
		}},
		text{"bodies of no route", 64, func(t *Target) string { return t.post("/nowhere") + "Content-Length: 100\r\n\r\n{" }},
		text{"bodies that are expected and do not come", 64, func(t *Target) string {
			return t.post("/tokenize") + "Expect: 100-continue\r\nContent-Length: 100\r\n\r\n"
		}},
		text{"chunks that stop", 64, func(t *Target) string { return chunked("/tokenize", t) + "5\r\n{" }},
		text{"a chunk as long as numbers are", 64, func(t *Target) string { return chunked("/tokenize", t) + "7fffffffffffffff\r\n{" }},
		text{"chunks without an end", 64, func(t *Target) string { return chunked("/tokenize", t) + strings.Repeat("1\r\n \r\n", 1000) }},
		text{"no end behind the last chunk", 64, func(t *Target) string { return chunked("/tokenize", t) + "2\r\n{}\r\n0\r\n" }},
	)
	for _, a := range []struct{ name, chunks string }{
		{"a chunk longer than numbers are", "fffffffffffffffff\r\n{}\r\n"},
		{"a chunk with a long line", "2;" + strings.Repeat("x", 64<<10) + "\r\n{}\r\n0\r\n\r\n"},
		{"chunks with more around them than in them", strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\n \r\n", 1000)},
		{"trailers without an end", "2\r\n{}\r\n0\r\n" + strings.Repeat("A: b\r\n", 100_000)},
		{"a chunk without its end", "2\r\n{}X\r\n0\r\n\r\n"},
		{"a line feed in a chunk's line", "2;\n\r\n{}\r\n0\r\n\r\n"},
	} {
		all = append(all, Attack{Name: a.name, Run: func(t *Target) error { return t.ask(chunked("/tokenize", t)+a.chunks, 1, 400) }})
	}
	return append(all,
		Attack{Name: "a body larger than the limit", Run: func(t *Target) error {
			return t.ask(t.post("/tokenize")+fmt.Sprintf("Content-Length: %d\r\n\r\n", t.MaxBody+1), 1, 413)
		}},
		Attack{Name: "chunks larger than the limit", Run: func(t *Target) error {
			return t.ask(chunked("/tokenize", t)+strings.Repeat(fmt.Sprintf("1000\r\n%s\r\n", strings.Repeat(" ", 0x1000)), t.MaxBody/0x1000+1), 1, 413)
		}},
		Attack{Name: "bodies at the limit on every route", Run: func(t *Target) error {
			for path, around := range map[string][2]string{
				"/tokenize":                   {`{"prompt":"`, `"}`},
				"/detokenize":                 {`{"tokens":[1`, `]}`},
				"/v1/chat/completions/render": {`{"messages":[{"role":"user","content":"`, `"}]}`},
				"/v1/completions/render":      {`{"prompt":"`, `"}`},
				"/v1/tokenize/":               {`{"messages":[{"role":"user","content":"`, `"}]}`},
				"/v1/detokenize/":             {`[1`, `]`},
				"/v1/detokenize/string":       {`{"tokens":[1`, `]}`},
			} {
				unit := "word "
				if strings.Contains(path, "detokenize") {
					unit = ",1044"
				}
				room := t.MaxBody - len(around[0]) - len(around[1])
				body := around[0] + strings.Repeat(unit, room/len(unit)) + around[1]
				if err := t.ask(t.post(path)+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))+body, 1, 200, 400, 422, 429, 503); err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
			}
			return nil
		}},
		Attack{Name: "values as deep as a body is long", Run: func(t *Target) error {
			for _, path := range []string{"/tokenize", "/v1/tokenize/", "/v1/completions/render"} {
				for _, open := range []string{"[", `{"a":`, `{"prompt":[`} {
					body := strings.Repeat(open, t.MaxBody/len(open))
					if err := t.ask(t.post(path)+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))+body, 1, 400, 422); err != nil {
						return fmt.Errorf("%s: %w", path, err)
					}
				}
			}
			return nil
		}},
	)
}
