package bench

import (
	"fmt"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge/mistral"
)

// Case is one kind of request.
type Case struct {
	Name    string
	Callers int
	Runs    int // blocks, each side in turn
	Block   int // calls in a block
	// Make gives the n-th request. What differs with n was not seen before.
	Make func(n int) *mistral.ChatCompletionRequest
	// Text is the text of the request, where that is all there is to encode.
	Text func(n int) string
}

// Texts by kind, each a piece that is repeated.
var pieces = []struct{ name, piece string }{
	{"words", "word "},
	{"english", "The river had risen in the night, and nobody on the quay could say how far it would go. "},
	{"code", "func (s *Server) handle(w http.ResponseWriter, r *http.Request) {\n\tif err := s.auth(r); err != nil {\n\t\treturn\n\t}\n}\n"},
	{"cjk", "今日は天気がとても良いので、公園まで歩いて行きました。"},
	{"emoji", "🎉👩‍👩‍👧‍👦 ✨🚀 "},
}

// text is about size bytes of a kind, different for each n, and without a blank at its end.
func text(piece string, size, n int) string {
	head := fmt.Sprintf("%d ", n)
	return head + strings.TrimSpace(strings.Repeat(piece, max(1, (size-len(head))/len(piece))))
}

func user(content string) *mistral.ChatCompletionRequest {
	return &mistral.ChatCompletionRequest{Messages: []mistral.Message{mistral.UserMessage{Content: mistral.Text(content)}}}
}

// Cases are all of them, in the order of the table.
func Cases() []Case {
	var all []Case
	add := func(kind string, piece string, kb, callers, runs, block int) {
		make := func(n int) string { return text(piece, kb*1024, n) }
		all = append(all, Case{
			Name: fmt.Sprintf("%s %d KB", kind, kb), Callers: callers, Runs: runs, Block: block, Text: make,
			Make: func(n int) *mistral.ChatCompletionRequest { return user(make(n)) },
		})
	}
	for _, callers := range []int{1, 8} {
		add("words", "word ", 1, callers, 20, 50)
		add("words", "word ", 100, callers, 8, 3)
		add("words", "word ", 500, callers, 5, 2)
	}
	for _, p := range pieces[1:] {
		add(p.name, p.piece, 100, 1, 8, 2)
	}
	blank := func(n int) string { return text("word ", 1024, n) + "\n" }
	all = append(all,
		Case{Name: "1 KB, a newline at its end", Callers: 1, Runs: 20, Block: 50, Text: blank, Make: func(n int) *mistral.ChatCompletionRequest { return user(blank(n)) }},
		Case{Name: "tools, new", Callers: 1, Runs: 10, Block: 10, Make: func(n int) *mistral.ChatCompletionRequest { return withTools(n, n) }},
		Case{Name: "tools, as before", Callers: 1, Runs: 10, Block: 10, Make: func(n int) *mistral.ChatCompletionRequest { return withTools(-1, n) }},
		Case{Name: "chat of 20 turns, new", Callers: 1, Runs: 10, Block: 3, Make: func(n int) *mistral.ChatCompletionRequest { return chat(n, n) }},
		Case{Name: "chat of 20 turns, next turn", Callers: 1, Runs: 10, Block: 10, Make: func(n int) *mistral.ChatCompletionRequest { return chat(-1, n) }},
	)
	return all
}

// chat has 20 turns of about 2 KB; the last message depends on last alone, the
// turns before it on history.
func chat(history, last int) *mistral.ChatCompletionRequest {
	r := &mistral.ChatCompletionRequest{}
	for turn := range 20 {
		r.Messages = append(r.Messages,
			mistral.UserMessage{Content: mistral.Text(text(pieces[1].piece, 500, 1000*history+turn))},
			mistral.AssistantMessage{Content: mistral.Text(text(pieces[2].piece, 1500, 1000*history+turn))},
		)
	}
	r.Messages = append(r.Messages, mistral.UserMessage{Content: mistral.Text(text(pieces[1].piece, 200, last))})
	return r
}

// withTools has 20 tools, which depend on set alone, and a message of 1 KB.
func withTools(set, n int) *mistral.ChatCompletionRequest {
	r := user(text(pieces[1].piece, 1000, n))
	for i := range 20 {
		r.Tools = append(r.Tools, mistral.Tool{Function: mistral.Function{
			Name: fmt.Sprintf("tool_%d_%d", set, i), Description: new("Looks something up in a table and says what it found."),
			Parameters: []byte(`{"type":"object","properties":{"city":{"type":"string","description":"where"},"days":{"type":"integer","minimum":1}},"required":["city"]}`),
		}})
	}
	return r
}
