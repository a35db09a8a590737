package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Extensions are the ends of the names of bundles.
var Extensions = []string{".tar.zst", ".tar.gz", ".tar"}

// Find opens, of the bundles at the top of fsys, the first that is for the platform.
func Find(fsys fs.FS, platform string) (*Reader, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, &Error{Kind: ErrNone, Err: err}
	}
	var refused []error
	for _, entry := range entries {
		if entry.IsDir() || !isBundle(entry.Name()) {
			continue
		}
		r, err := Open(fsys, entry.Name())
		if err == nil {
			if err = r.For(platform); err == nil {
				return r, nil
			}
			_ = r.Close()
		}
		refused = append(refused, err)
	}
	switch len(refused) {
	case 0:
		return nil, &Error{
			Kind: ErrNone, Reason: fmt.Sprintf("no name at the top of the file system ends with %s", strings.Join(Extensions, ", ")),
			Fix: "embed one, or lead to its directory with fs.Sub",
		}
	case 1:
		return nil, refused[0]
	}
	// One that is damaged may be the one that was meant.
	for _, err := range refused {
		if !errors.Is(err, ErrPlatform) {
			return nil, err
		}
	}
	return nil, &Error{Kind: ErrPlatform, Err: errors.Join(refused...)}
}

// For says whether the bundle is for the platform.
func (r *Reader) For(platform string) error {
	if r.Header.Platform == platform {
		return nil
	}
	return &Error{
		Path: r.path, Kind: ErrPlatform, Reason: fmt.Sprintf("it is for %s, and this is %s", r.Header.Platform, platform),
		Fix: fmt.Sprintf("make one with `mtok bundle --platform %s`", platform),
	}
}

// Path is where the bundle was opened.
func (r *Reader) Path() string { return r.path }

func isBundle(name string) bool {
	for _, end := range Extensions {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
