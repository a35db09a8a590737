package pyenv

import "context"

// WriteManifest is for tests that make a cache as earlier versions of this program did.
var WriteManifest = writeManifest

// PipSettings is what would be taken over of pip's settings.
func PipSettings(ctx context.Context, python, pip string, environ []string) (map[string]string, error) {
	p, err := newPlan(Options{Environ: environ})
	if err != nil {
		return nil, err
	}
	return p.settings(ctx, python, pip)
}
