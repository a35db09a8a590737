package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
)

// Bucket is a store of objects. What is written lies on this machine until it is published, by a request that the service
// refuses where there is an object of that name.
type Bucket struct {
	ctx     context.Context //nolint:containedctx // that of the command: its end ends requests
	end     context.CancelFunc
	root    string
	url     object.URL
	bucket  *blob.Bucket
	scratch *Dir
}

// scratchDir is below the directory for temporary files, of which TMPDIR says where it is.
const scratchDir = "mtok-bulk"

func openBucket(ctx context.Context, root string) (*Bucket, error) {
	u, err := object.Parse(root)
	if err != nil {
		return nil, err
	}
	b := &Bucket{root: root, url: u}
	if b.bucket, err = u.Bucket(ctx); err != nil {
		return nil, err
	}
	if b.scratch, err = OpenDir(filepath.Join(os.TempDir(), fmt.Sprintf("%s-%d", scratchDir, os.Getuid())), nil); err != nil {
		return nil, err
	}
	b.ctx, b.end = context.WithCancel(ctx)
	return b, nil
}

// Root is the URL.
func (b *Bucket) Root() string { return b.root }

// Shared is always so: others cannot be seen.
func (b *Bucket) Shared() bool { return true }

// Close ends what is under way, and removes the temporary files of this process.
func (b *Bucket) Close() error {
	b.end()
	return b.scratch.CloseAll()
}

// Create begins a file.
func (b *Bucket) Create(name string) (*File, error) { return b.scratch.create(b, name) }

// Put publishes a file of these bytes.
func (b *Bucket) Put(name string, data []byte) (Sum, error) { return put(b, name, data) }

// Scratch is a file on this machine.
func (b *Bucket) Scratch(name string) (*os.File, error) { return b.scratch.Scratch(name) }

func (b *Bucket) of(name string) object.URL { return b.url.Below(name) }

// Read reads an object.
func (b *Bucket) Read(name string) (data []byte, err error) {
	u := b.of(name)
	err = object.Retry(b.ctx, func() (err error) {
		data, err = b.bucket.ReadAll(b.ctx, u.Key)
		return err
	})
	return data, u.Error(err)
}

// Reader reads an object.
func (b *Bucket) Reader(name string) (io.ReadCloser, error) {
	return b.of(name).Open(b.ctx)
}

// Size is that of an object, in bytes.
func (b *Bucket) Size(name string) (int64, error) {
	attrs, err := b.attributes(name)
	if err != nil {
		return 0, err
	}
	return attrs.Size, nil
}

func (b *Bucket) attributes(name string) (attrs *blob.Attributes, err error) {
	u := b.of(name)
	err = object.Retry(b.ctx, func() (err error) {
		attrs, err = b.bucket.Attributes(b.ctx, u.Key)
		return err
	})
	return attrs, u.Error(err)
}

// SumOf reads an object and says what is in it.
func (b *Bucket) SumOf(name string) (Sum, error) {
	r, err := b.Reader(name)
	if err != nil {
		return Sum{}, err
	}
	defer r.Close()
	return sum(name, r)
}

// Local are copies of objects.
func (b *Bucket) Local(names []string) (root string, done func(), err error) {
	root, err = os.MkdirTemp(b.scratch.temp, "local-")
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(root) }
	for _, name := range names {
		if err := b.fetch(name, filepath.Join(root, filepath.FromSlash(name))); err != nil {
			done()
			return "", nil, err
		}
	}
	return root, done, nil
}

func (b *Bucket) fetch(name, path string) error {
	r, err := b.of(name).Open(b.ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return errors.Join(err, f.Close())
}

// Names are those up to the next "/".
func (b *Bucket) Names() ([]string, error) { return b.url.Names(b.ctx) }

// Remove removes an object.
func (b *Bucket) Remove(name string) error {
	u := b.of(name)
	return u.Error(object.Retry(b.ctx, func() error { return b.bucket.Delete(b.ctx, u.Key) }))
}

// hashKey is an object's metadata that is its SHA-256 in hex.
const hashKey = "sha256"

func (b *Bucket) publish(f *os.File, made Sum) error {
	err := object.Retry(b.ctx, func() error { return b.send(f, made) })
	if exists(err) {
		return b.compare(f, made)
	}
	return err
}

func (b *Bucket) send(f *os.File, made Sum) error {
	u := b.of(made.Name)
	ctx, cancel := context.WithCancel(b.ctx)
	defer cancel() // before a Close it gives the object up
	w, err := b.bucket.NewWriter(ctx, u.Key, &blob.WriterOptions{
		IfNotExist: true, ContentType: "application/octet-stream", Metadata: map[string]string{hashKey: made.SHA256},
	})
	if err != nil {
		return u.Error(err)
	}
	if _, err = io.Copy(w, io.NewSectionReader(f, 0, made.Bytes)); err != nil {
		cancel()
		_ = w.Close()
		return u.Error(err)
	}
	return u.Error(w.Close())
}

// exists reports whether an object was refused because there is one of its name.
func exists(err error) bool {
	code := gcerrors.Code(err)
	return code == gcerrors.FailedPrecondition || code == gcerrors.AlreadyExists
}

// compare holds what was made against what is there.
func (b *Bucket) compare(f *os.File, made Sum) error {
	attrs, err := b.attributes(made.Name)
	if err != nil {
		return err
	}
	there := Sum{made.Name, attrs.Size, attrs.Metadata[hashKey]}
	if len(there.SHA256) != 2*sha256.Size { // others put it there
		if there, err = b.SumOf(made.Name); err != nil {
			return err
		}
	}
	if there == made {
		return nil
	}
	kept := made
	kept.Name = conflictName(b.scratch, f.Name())
	if err := object.Retry(b.ctx, func() error { return b.send(f, kept) }); err != nil {
		return err
	}
	return &ConflictError{There: there, Made: made, Kept: kept.Name, place: b.of(kept.Name).String()}
}
