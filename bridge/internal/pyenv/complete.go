package pyenv

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
)

//go:embed complete.py
var completeScript string

const completeMark = "pyenv-complete:"

// complete proves that the lock names everything that its packages require here:
// nobody resolved it on the way, so nobody else would have noticed. there may name another place.
func (p *plan) complete(ctx context.Context, python, pip string, there ...string) error {
	args := append([]string{"-I", "-B", "-X", "utf8", "-c", completeScript, filepath.Dir(pip)}, there...)
	for _, r := range p.lock {
		if len(r.extras) > 0 {
			args = append(args, r.name+"["+strings.Join(r.extras, ",")+"]")
		}
	}
	out, err := run(ctx, command{path: python, args: args, environ: scrub(p.Environ)})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var problems []string
	if err == nil {
		err = answerOf(out, completeMark, &problems)
	}
	if err != nil {
		return &InstallError{Text: "whether the lock is complete could not be examined: " + out.text(), Err: err}
	}
	if len(problems) > 0 {
		return &IncompleteLockError{Reason: summarise(problems)}
	}
	return nil
}

// answerOf reads the line that a script of ours has printed behind its mark.
func answerOf(out output, mark string, into any) error {
	at := bytes.LastIndex(out.stdout, []byte("\n"+mark))
	if at < 0 {
		return errors.New("no answer")
	}
	return json.Unmarshal(out.stdout[at+1+len(mark):], into)
}
