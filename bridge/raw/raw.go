package raw

import (
	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
)

// Tokenizer makes calls on a tokenizer of package bridge. It has nothing to close.
type Tokenizer struct{ calls seam.Tokenizer }

// Of is tok with the calls of this package.
func Of(tok *bridge.Tokenizer) *Tokenizer { return &Tokenizer{seam.OfTokenizer(tok)} }

// Runtime makes calls on a Runtime of package bridge. It has nothing to close.
type Runtime struct{ calls seam.Runtime }

// OfRuntime is rt with the calls of this package.
func OfRuntime(rt *bridge.Runtime) *Runtime { return &Runtime{seam.OfRuntime(rt)} }
