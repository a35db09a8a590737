package bridge

import (
	"maps"

	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// CodecVersion is the version of the frames between Go and Python.
const CodecVersion = 1

var _ = [1]struct{}{}[CodecVersion-wire.Version] // they are the same

// Info describes the interpreter behind a Runtime.
type Info struct {
	Python         string            `json:"python"` // "3.14.6"
	Implementation string            `json:"implementation"`
	Executable     string            `json:"executable"`
	Prefix         string            `json:"prefix"`
	Library        string            `json:"library"`  // path of libpython
	Source         string            `json:"source"`   // how it was found: option, MTOK_PYTHON, VIRTUAL_ENV, managed, PATH
	Codec          int               `json:"codec"`    // version of the frames between Go and Python
	Packages       map[string]string `json:"packages"` // installed version by distribution name
}

// Info describes the interpreter. It makes no call; what it returns is the caller's.
func (rt *Runtime) Info() Info {
	info := rt.backend.about()
	info.Packages = maps.Clone(info.Packages)
	return info
}
