package bridge_test

import (
	"flag"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// lawNames are the tokenizers of which the laws hold: every version, of both kinds.
var lawNames = append([]string{"synthetic-v11", "synthetic-v13", "synthetic-v15"}, shippedNames...)

// A law is a property of one tokenizer, which rapid checks with draws of its own and the fuzzer
// with those that it makes.
type law func(testing.TB, *bridge.Tokenizer) func(*rapid.T)

func FuzzDetokenizer(f *testing.F) { fuzzLaw(f, detokenizerLaw) }

func FuzzTokenBytes(f *testing.F) { fuzzLaw(f, tokenBytesLaw) }

func FuzzOffsets(f *testing.F) { fuzzLaw(f, offsetsLaw) }

func FuzzTruncate(f *testing.F) { fuzzLaw(f, truncateLaw) }

func FuzzSplit(f *testing.F) { fuzzLaw(f, splitLaw) }

func FuzzSpans(f *testing.F) { fuzzLaw(f, spansLaw) }

func FuzzFitChat(f *testing.F) { fuzzLaw(f, fitLaw) }

func fuzzLaw(f *testing.F, holds law) {
	const enough = 32 << 10 // no draw goes beyond it
	random := rand.NewChaCha8([32]byte{1})
	for which := range lawNames {
		draws := make([]byte, enough)
		_, _ = random.Read(draws)
		f.Add(uint8(which), draws)
	}
	properties := make([]func(*rapid.T), len(lawNames))
	property := func(t testing.TB, which int) func(*rapid.T) {
		if properties[which] == nil {
			properties[which] = holds(t, named(t, lawNames[which]))
		}
		return properties[which]
	}
	// The fuzzer ends what takes ten seconds with one input: on a busy machine loading a tokenizer may. The process
	// that gives the inputs to its workers needs none.
	if !coordinates() {
		for which := range lawNames {
			property(f, which)
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, draws []byte) {
		rapid.MakeFuzz(property(t, int(which)%len(properties)))(t, draws)
	})
}

// coordinates reports whether this process fuzzes by workers of its own.
func coordinates() bool {
	return flag.Lookup("test.fuzz").Value.String() != "" && flag.Lookup("test.fuzzworker").Value.String() != "true"
}
