package bridge

import (
	"fmt"
	"strconv"
	"strings"
)

// minimal are the versions below which a package does harm, and what harm.
var minimal = []struct{ name, version, harm string }{
	{"mistral-common", "1.11.3", "ends a message that is to be continued (continue_final_message with Tekken)"},
	{"sentencepiece", "0.2.2", "holds Python's lock for the whole of an encode: other Python threads stand still"},
	{"tiktoken", "0.13.0", "takes quadratic time on long runs of one character, and panics on some"},
}

// outdated are the packages of an environment that are too old.
func outdated(packages map[string]string) []Problem {
	var found []Problem
	for _, m := range minimal {
		if have := packages[m.name]; have != "" && older(have, m.version) {
			found = append(found, Problem{Subject: "packages", Path: m.name, Text: fmt.Sprintf("%s %s %s; install %s or later", m.name, have, m.harm, m.version)})
		}
	}
	return found
}

// older compares the numbers that two versions begin with.
func older(a, b string) bool {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(as), len(bs)) {
		x, errA := strconv.Atoi(as[i])
		y, errB := strconv.Atoi(bs[i])
		if errA != nil || errB != nil {
			return false
		}
		if x != y {
			return x < y
		}
	}
	return len(as) < len(bs)
}
