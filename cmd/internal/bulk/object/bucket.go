package object

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

var (
	mu   sync.Mutex
	open = map[string]*blob.Bucket{} // for as long as the process lives
)

// Bucket is where the object lies. It is not to be closed: others may use it.
func (u URL) Bucket(ctx context.Context) (*blob.Bucket, error) {
	if err := u.reachable(ctx); err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	name := u.bucket.String()
	if b := open[name]; b != nil {
		return b, nil
	}
	var b *blob.Bucket
	var err error
	if u.bucket.Scheme == "s3" {
		b, err = openS3(ctx, u.bucket)
	} else {
		b, err = blob.OpenBucket(ctx, name)
	}
	if err != nil {
		return nil, u.Error(err)
	}
	open[name] = b
	return b, nil
}

// Error is an object that could not be reached, which says nothing of what is in it.
type Error struct {
	URL string
	Err error
}

func (e *Error) Error() string { return e.URL + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Is reports whether that is fs.ErrNotExist or fs.ErrPermission.
func (e *Error) Is(target error) bool {
	switch gcerrors.Code(e.Err) {
	case gcerrors.NotFound:
		return target == fs.ErrNotExist
	case gcerrors.PermissionDenied:
		return target == fs.ErrPermission
	}
	return false
}

// Error is an *Error of this object; nil for nil.
func (u URL) Error(err error) error {
	if err == nil {
		return nil
	}
	return &Error{u.String(), err}
}

// Entry is an object of a list.
type Entry struct {
	Key  string
	Size int64
	Time time.Time // at which it was written
}

// Objects calls each with the objects below a prefix, in the order of their keys.
func (u URL) Objects(ctx context.Context, each func(Entry) error) error {
	return u.list(ctx, &blob.ListOptions{Prefix: u.Key}, func(o *blob.ListObject) error {
		if o.IsDir {
			return nil
		}
		return each(Entry{o.Key, o.Size, o.ModTime})
	})
}

// List calls each with the URLs of the objects below a prefix, in the order of their keys.
func (u URL) List(ctx context.Context, each func(URL) error) error {
	return u.Objects(ctx, func(o Entry) error { return each(u.At(o.Key)) })
}

// Names are those below this one, up to the next "/".
func (u URL) Names(ctx context.Context) (names []string, err error) {
	prefix := ""
	if u.Key != "" {
		prefix = u.Below("").Key
	}
	err = u.list(ctx, &blob.ListOptions{Prefix: prefix, Delimiter: "/"}, func(o *blob.ListObject) error {
		if name := strings.TrimSuffix(strings.TrimPrefix(o.Key, prefix), "/"); name != "" {
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

func (u URL) list(ctx context.Context, options *blob.ListOptions, each func(*blob.ListObject) error) error {
	b, err := u.Bucket(ctx)
	if err != nil {
		return err
	}
	all := b.List(options)
	for {
		var o *blob.ListObject
		err := Retry(ctx, func() (err error) {
			o, err = all.Next(ctx)
			if errors.Is(err, io.EOF) {
				o, err = nil, nil
			}
			return err
		})
		if err != nil {
			return u.Error(err)
		}
		if o == nil {
			return nil
		}
		if err := each(o); err != nil {
			return err
		}
	}
}
