package object

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

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
		return nil, fmt.Errorf("%s: %w", u, err)
	}
	open[name] = b
	return b, nil
}

// Error names the object, and is fs.ErrNotExist or fs.ErrPermission where that is what it says.
func (u URL) Error(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	var kind error
	switch gcerrors.Code(err) {
	case gcerrors.NotFound:
		kind = fs.ErrNotExist
	case gcerrors.PermissionDenied:
		kind = fs.ErrPermission
	default:
		return fmt.Errorf("%s: %w", u, err)
	}
	return &fs.PathError{Op: "reach", Path: u.String(), Err: errors.Join(kind, err)}
}

// List calls each with the objects below a prefix, in the order of their keys.
func (u URL) List(ctx context.Context, each func(URL) error) error {
	b, err := u.Bucket(ctx)
	if err != nil {
		return err
	}
	all := b.List(&blob.ListOptions{Prefix: u.Key})
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
		if !o.IsDir {
			if err := each(u.At(o.Key)); err != nil {
				return err
			}
		}
	}
}
