package bundle

import (
	"fmt"
	"regexp"
)

// Shape is the version of the format.
const Shape = 1

const (
	headerName = "bundle.json"
	listName   = "files.json"
	maxHeader  = 64 << 10
	maxList    = 256 << 20
)

// Header says what a bundle holds.
type Header struct {
	Shape       int    `json:"shape"`
	Platform    string `json:"platform"`    // GOOS/GOARCH
	Name        string `json:"name"`        // of the environment
	Lock        string `json:"lock"`        // SHA-256 of the lock it was built from
	Key         string `json:"key"`         // of its interpreter
	Interpreter string `json:"interpreter"` // the tree of the interpreter: python/<key>
	Environment string `json:"environment"` // the tree of the environment: envs/<name>-<lock>-<interpreter>
	Files       int    `json:"files"`
	Bytes       int64  `json:"bytes"` // of all files
	List        string `json:"list"`  // SHA-256 of the list
}

var (
	treeRule = regexp.MustCompile(`^(python|envs)/[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)
	hashRule = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func (h Header) check() error {
	switch {
	case h.Shape != Shape:
		return &Error{Kind: ErrVersion, Reason: fmt.Sprintf("its format is %d, and this program reads %d", h.Shape, Shape)}
	case !treeRule.MatchString(h.Interpreter), !treeRule.MatchString(h.Environment), h.Interpreter == h.Environment:
		return damaged("its header names %q and %q as its trees", h.Interpreter, h.Environment)
	case !hashRule.MatchString(h.List), !hashRule.MatchString(h.Lock):
		return damaged("a hash in its header is none")
	case h.Files < 0 || h.Bytes < 0:
		return damaged("a number in its header is negative")
	}
	return nil
}
