package jsonl

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServe_cuts(t *testing.T) {
	leakless(t)
	line := func(op, args string) string { return `{"id":1,"op":"` + op + `","h":"h0","args":` + args + `}` }
	answers := converse(t, Options{}, load,
		line("truncate", `{"text":"Hello you there","n":2}`),
		line("truncate", `{"text":"Hello you there","n":1,"side":"left"}`),
		line("split", `{"text":"Hello you there","n":2,"overlap":1,"prefer":"word"}`),
		line("split", `{"text":"Hello you there","n":0}`),
		line("truncate", `{"text":"Hello","n":1,"side":"top"}`),
		line("truncate", `{"text":"Hello"}`),
	)
	assert.Equal(t, `"Hello you"`, member(t, answers[1], "ok"))
	assert.Equal(t, `" there"`, member(t, answers[2], "ok"))
	assert.Equal(t, `[{"text":"Hello you","offset":[0,9],"count":2},{"text":" you there","offset":[5,15],"count":2}]`, member(t, answers[3], "ok"))
	for _, answer := range answers[4:] {
		assert.Equal(t, `"BadArguments"`, member(t, answer, "err", "type"), answer)
	}
}
