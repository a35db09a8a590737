package bridge_test

import (
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
	properties := map[string]func(*rapid.T){}
	f.Fuzz(func(t *testing.T, which uint8, draws []byte) {
		name := lawNames[int(which)%len(lawNames)]
		if properties[name] == nil {
			properties[name] = holds(t, named(t, name))
		}
		rapid.MakeFuzz(properties[name])(t, draws)
	})
}
