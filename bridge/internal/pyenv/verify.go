package pyenv

import (
	"context"
	"os"
	"path/filepath"
)

// Problem is something that is not as it should be.
type Problem struct {
	Subject string `json:"subject"` // "interpreter", "packages", "files"
	Path    string `json:"path,omitempty"`
	Text    string `json:"text"`
}

// Verify examines an environment thoroughly: it hashes every file of a managed one
// and compares the installed versions with its lock; of any other it can only see
// whether it still answers. No problems means that all is well; an error means
// that the examination itself did not come to an end. It takes about a second.
func Verify(ctx context.Context, env *Environment) ([]Problem, error) {
	asked := prober{environ: os.Environ(), timeout: probeTimeout, extra: []string{"installed"}}
	interp, err := asked.probe(ctx, env.Interpreter.Executable)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return []Problem{{Subject: "interpreter", Path: env.Interpreter.Executable, Text: err.Error()}}, nil
	}
	var found []Problem
	for name, reason := range interp.ImportErrors {
		found = append(found, Problem{Subject: "packages", Path: name, Text: reason})
	}
	if env.Source != SourceManaged {
		if reason := interp.Missing(); reason != "" && interp.ImportErrors["mistral-common"] == "" {
			found = append(found, Problem{Subject: "packages", Text: reason})
		}
		return found, nil
	}
	text, err := os.ReadFile(filepath.Join(env.Dir, requirementsName))
	if err != nil {
		return nil, err
	}
	lock, err := parseLock(text)
	if err != nil {
		return nil, err
	}
	for _, problem := range compareLock(lock, interp.Installed) {
		found = append(found, Problem{Subject: "packages", Text: problem})
	}
	for _, dir := range []string{env.distribution, env.Dir} {
		if dir == "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		differ, err := checkManifest(dir, env.key, true)
		if err != nil {
			return nil, err
		}
		for _, text := range differ {
			found = append(found, Problem{Subject: "files", Path: dir, Text: text})
		}
	}
	return found, nil
}
