package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/mistralbridge/mistralbridge/bridge"
)

// other is what doctor reports about an environment that is not the default one. Its
// absence is no fault.
type other struct {
	Name     string           `json:"name"`
	VLLM     string           `json:"vllm"` // the version in the lock
	Dir      string           `json:"dir,omitempty"`
	Python   string           `json:"python,omitempty"`
	Problems []bridge.Problem `json:"problems,omitempty"`
}

func examineOthers(ctx context.Context, env *envFlags, s streams) []other {
	named := namedEnvironments()
	all := make([]other, 0, len(named))
	for _, n := range named {
		o := other{Name: n.name, VLLM: n.vllm()}
		flags := *env
		flags.python = "" // it names another one
		found, err := n.find(ctx, &flags, s)
		var unusable *bridge.OfflineError
		if errors.As(err, &unusable) && unusable.Err != nil {
			o.Dir = unusable.Dir
			o.Problems = append(o.Problems, bridge.Problem{Subject: "environment", Path: unusable.Dir, Text: unusable.Err.Error()})
		}
		if err == nil {
			o.Dir, o.Python = found.Dir, found.Version
			// Its files are many gigabytes: that they are there has to do.
			if _, ok := found.Packages["vllm"]; !ok {
				o.Problems = append(o.Problems, bridge.Problem{Subject: "packages", Path: found.Dir, Text: "vllm is not installed"})
			}
		}
		all = append(all, o)
	}
	return all
}

func (o other) String() string {
	switch {
	case o.Dir == "":
		return fmt.Sprintf("vllm       %s is not set up: `mtok setup --with vllm=%s`", o.VLLM, o.VLLM)
	case len(o.Problems) > 0:
		return fmt.Sprintf("✗ vllm     %s in %s: %s", o.VLLM, o.Dir, o.Problems[0].Text)
	}
	return fmt.Sprintf("vllm       %s in %s (Python %s; --env %s)", o.VLLM, o.Dir, o.Python, o.Name)
}
