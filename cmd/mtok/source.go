package main

import (
	"os"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// parseSource reads --tokenizer: a path if it names a file or a directory, a
// model id if it looks like one, else the name of a shipped tokenizer.
func parseSource(s string) bridge.Source {
	if info, err := os.Stat(s); err == nil {
		if info.IsDir() {
			return bridge.ModelDir(s)
		}
		return bridge.File(s)
	}
	switch {
	case looksLikePath(s):
		return bridge.File(s)
	case len(s) > 1 && s[0] == 'v' && s[1] >= '0' && s[1] <= '9':
		return bridge.Shipped(s)
	}
	return bridge.Model(s)
}

func looksLikePath(s string) bool {
	return strings.HasPrefix(s, "/") || strings.HasPrefix(s, ".") || strings.HasPrefix(s, "~") ||
		strings.HasSuffix(s, ".json") || strings.Contains(s, ".model")
}
