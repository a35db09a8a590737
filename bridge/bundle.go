package bridge

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/mistralbridge/mistralbridge/bridge/internal/bundle"
	"github.com/mistralbridge/mistralbridge/bridge/internal/pyenv"
)

// WithBundle gives an environment in one file, interpreter and packages, which `mtok bundle` or
// WriteBundle made for the platform that the program runs on: with it nothing is fetched. fsys is
// an embed.FS, for instance, with a file at its top whose name ends with .tar.zst, .tar.gz or
// .tar; of several the first is taken that is for this platform.
//
// The first Open on a machine unpacks it into the cache, see WithCacheDir, which takes some
// seconds; later ones read its first kilobytes, to see which environment it is. It must have the
// packages that this version of the module pins, or those of WithRequirements: with others it is a
// *BundleError of ErrBundleVersion. It goes before MTOK_PYTHON and everything else, and cannot be
// given beside WithPython.
func WithBundle(fsys fs.FS) Option {
	return func(c *config) error {
		if fsys == nil {
			return errors.New("bridge: WithBundle: no file system")
		}
		c.env.Bundle, c.env.BundleFile = fsys, ""
		return nil
	}
}

// WithBundleFile is WithBundle for a file of the operating system, of whatever name. MTOK_BUNDLE
// names one, too, behind WithPython, WithBundle and MTOK_PYTHON.
func WithBundleFile(path string) Option {
	return func(c *config) error {
		if path == "" {
			return errors.New("bridge: WithBundleFile: empty path")
		}
		c.env.Bundle, c.env.BundleFile = nil, path
		return nil
	}
}

// BundleInfo says what a bundle holds.
type BundleInfo struct {
	Platform    string `json:"platform"`    // GOOS/GOARCH
	Name        string `json:"name"`        // of the environment
	Lock        string `json:"lock"`        // SHA-256 of the lock that it was built from
	Interpreter string `json:"interpreter"` // the key of its CPython
	Files       int    `json:"files"`
	Bytes       int64  `json:"bytes"` // unpacked
}

// ReadBundleInfo reads the begin of a bundle. What is behind it is not looked at. Every refusal is a
// *BundleError.
func ReadBundleInfo(path string) (BundleInfo, error) {
	r, err := bundle.OpenFile(path)
	if err != nil {
		return BundleInfo{}, outward(err)
	}
	return bundleInfo(r.Header), r.Close()
}

// WriteBundle writes the managed environment of these options to w, as a tar archive that is not
// compressed, and builds it first as Setup does. It has to be on the CPython of a Distribution:
// one on a Python of this machine is ErrNotPackable. What was written when it fails is no bundle.
func WriteBundle(ctx context.Context, w io.Writer, opts ...Option) (BundleInfo, error) {
	c, err := newConfig(opts)
	if err != nil {
		return BundleInfo{}, err
	}
	h, err := pyenv.Pack(ctx, c.env, w)
	return bundleInfo(h), outward(err)
}

// WriteBundleFor is WriteBundle for another platform, "linux/arm64" or "linux/amd64", whose CPython d is:
// nothing of that platform is run. The options must have a Distribution of the same version for this
// machine. Wheels are chosen by their tags, those for the oldest C library first, and the lines of the
// lock by their markers; their hashes are checked as ever. Another platform is ErrForeign.
func WriteBundleFor(ctx context.Context, w io.Writer, platform string, d Distribution, opts ...Option) (BundleInfo, error) {
	c, err := newConfig(opts)
	if err != nil {
		return BundleInfo{}, err
	}
	h, err := pyenv.PackFor(ctx, c.env, pyenv.Foreign{Platform: platform, Distribution: d}, w)
	return bundleInfo(h), outward(err)
}

func bundleInfo(h bundle.Header) BundleInfo {
	return BundleInfo{Platform: h.Platform, Name: h.Name, Lock: h.Lock, Interpreter: h.Key, Files: h.Files, Bytes: h.Bytes}
}

// BundleError is a bundle that cannot be used. Nothing of it is left in the cache.
type BundleError struct {
	Path   string // of the bundle
	Kind   error  // one of ErrNoBundle, ErrNotBundle …, for errors.Is
	Reason string // what is wrong with it
	Fix    string // what to do about it
	Err    error  // the cause, if there is one
}

// Kinds of a BundleError, and what WriteBundle cannot pack.
var (
	// ErrNoBundle is a path or a file system at which there is none.
	ErrNoBundle = bundle.ErrNone
	// ErrNotBundle is another file.
	ErrNotBundle = bundle.ErrNotOne
	// ErrBundleDamaged is one that is cut off, or whose content is not what it says.
	ErrBundleDamaged = bundle.ErrDamaged
	// ErrBundlePlatform is one for another operating system or processor.
	ErrBundlePlatform = bundle.ErrPlatform
	// ErrBundleVersion is one with other packages than this program wants.
	ErrBundleVersion = bundle.ErrVersion
	// ErrNotPackable is an environment on a Python of this machine.
	ErrNotPackable = pyenv.ErrNotPackable
	// ErrForeign is a platform for which no environment can be packed here.
	ErrForeign = pyenv.ErrForeign
)

// Error names the bundle, the reason and the way out.
func (e *BundleError) Error() string { return (*bundle.Error)(e).Error() }

// Unwrap gives the kind and the cause.
func (e *BundleError) Unwrap() []error { return present(e.Kind, e.Err) }
