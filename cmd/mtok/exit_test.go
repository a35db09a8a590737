package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/mistralbridge/mistralbridge/bridge"
)

func TestExitCode(t *testing.T) {
	rejected := &bridge.PyError{Module: "mistral_common.exceptions", Type: "InvalidMessageStructureException", Str: "roles", Message: "roles", Field: "messages.1", Op: "encode",
		MRO: []string{"mistral_common.exceptions.InvalidMessageStructureException", "mistral_common.exceptions.MistralCommonException", "builtins.Exception"}}
	for _, tt := range []struct {
		name   string
		err    error
		code   int
		stderr string
		asJSON string
	}{
		{"none", nil, 0, "", ""},
		{"reported already", errQuiet, 1, "", ""},
		{"wrapped, reported already", fmt.Errorf("a: %w", errQuiet), 1, "", ""},
		{
			"interrupted", fmt.Errorf("bridge: x: %w", context.Canceled), 1, "mtok: interrupted\n",
			`{"error":{"message":"interrupted","reason":"canceled","exit":1,"retry":false}}`,
		},
		{
			"usage", usageError{errors.New("--max: 0")}, 2, "mtok: --max: 0\n",
			`{"error":{"message":"--max: 0","reason":"usage","exit":2,"retry":false}}`,
		},
		{
			"unknown command", errors.New(`unknown command "encod" for "mtok"`), 2, "mtok: unknown command \"encod\" for \"mtok\"; see mtok --help\n",
			`{"error":{"message":"unknown command \"encod\" for \"mtok\"; see mtok --help","reason":"usage","exit":2,"retry":false}}`,
		},
		{
			"environment", environmentError{errors.New("no Python")}, 3, "mtok: no Python\n",
			`{"error":{"message":"no Python","reason":"environment","exit":3,"retry":false}}`,
		},
		{
			"without vLLM", &bridge.PyError{Module: "pyshim.errors", Type: "MissingVllm", Str: "no vllm", Message: "no vllm"}, 3, "", "",
		},
		{
			"input", inputError{errors.New("line 1")}, 4, "mtok: line 1\n", `{"error":{"message":"line 1","reason":"invalid_request","exit":4,"retry":false}}`,
		},
		{
			"the reference rejected it", rejected, 4, "",
			`"exit":4,"class":"mistral_common.exceptions.InvalidMessageStructureException","field":"messages.1"`,
		},
		{"overloaded", bridge.ErrOverloaded, 1, "", `"retry":true`},
		{"too large", bridge.ErrTooLarge, 4, "", ""},
		{"what a terminal would obey", usageError{errors.New("a\x1b[2Jb")}, 2, "mtok: a\\x1b[2Jb\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var words, object bytes.Buffer
			assert.Equal(t, tt.code, exitCode(tt.err, false, &words))
			assert.Equal(t, tt.code, exitCode(tt.err, true, &object))
			if tt.stderr != "" {
				assert.Equal(t, tt.stderr, words.String())
			}
			assert.Contains(t, object.String(), tt.asJSON)
			if tt.err == nil || errors.Is(tt.err, errQuiet) {
				assert.Empty(t, words.String()+object.String())
			}
		})
	}
}
