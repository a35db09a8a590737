package bridge

import (
	"fmt"
	"slices"
)

// floor is the oldest mistral-common that the Python side works with: FLOOR of pyshim/tokenizers/releases.py.
const floor = "1.8.2"

// extras are the packages that mistral-common asks for by an extra, and what is missing without one.
var extras = []struct{ name, extra, without string }{
	{"sentencepiece", "sentencepiece", "tokenizers of SentencePiece (v1, v2, v3 and v7 of those shipped) cannot be loaded"},
	{"soundfile", "audio", "requests with audio are refused"},
}

// unsupportedPackages says what an environment cannot do for want of a package or of a younger one.
// looked: the extras that packages would have, were they there.
func unsupportedPackages(packages map[string]string, looked ...string) []Problem {
	have := packages["mistral-common"]
	if have == "" {
		return nil // it is reported elsewhere
	}
	var found []Problem
	if older(have, floor) {
		found = append(found, Problem{Subject: "packages", Path: "mistral-common", Text: fmt.Sprintf(
			"mistral-common %s is older than %s, the oldest that works: no tokenizer can be loaded; install a later one", have, floor)})
	}
	for _, e := range extras {
		if slices.Contains(looked, e.name) && packages[e.name] == "" {
			found = append(found, Problem{Subject: "packages", Path: e.name, Text: fmt.Sprintf(
				"%s is not installed: %s; install mistral-common[%s]", e.name, e.without, e.extra)})
		}
	}
	return found
}
