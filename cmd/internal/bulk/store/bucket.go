package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

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
	at      func(point string)
}

// scratchDir is below the directory for temporary files, of which TMPDIR says where it is.
const scratchDir = "mtok-bulk"

func openBucket(ctx context.Context, root string, at func(point string)) (*Bucket, error) {
	if at == nil {
		at = func(string) {}
	}
	u, err := object.Parse(root)
	if err != nil {
		return nil, err
	}
	b := &Bucket{root: root, url: u, at: at}
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
func (b *Bucket) Read(name string) ([]byte, error) {
	u := b.of(name)
	data, err := b.bucket.ReadAll(b.ctx, u.Key)
	return data, u.Error(err)
}

// Reader reads an object.
func (b *Bucket) Reader(name string) (io.ReadCloser, error) {
	u := b.of(name)
	r, err := b.bucket.NewReader(b.ctx, u.Key, nil)
	if err != nil {
		return nil, u.Error(err)
	}
	return r, nil
}

// Size is that of an object, in bytes.
func (b *Bucket) Size(name string) (int64, error) {
	u := b.of(name)
	attrs, err := b.bucket.Attributes(b.ctx, u.Key)
	if err != nil {
		return 0, u.Error(err)
	}
	return attrs.Size, nil
}

// SumOf reads an object and says what is in it.
func (b *Bucket) SumOf(name string) (Sum, error) {
	r, err := b.Reader(name)
	if err != nil {
		return Sum{}, err
	}
	defer r.Close()
	found, err := sum(name, r)
	return found, b.of(name).Error(err)
}

// Local is a copy of an object.
func (b *Bucket) Local(name string) (path string, done func(), err error) {
	r, err := b.Reader(name)
	if err != nil {
		return "", nil, err
	}
	defer r.Close()
	f, err := b.Scratch(filepath.Base(name))
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.Remove(f.Name()) }
	_, err = io.Copy(f, r)
	if err = errors.Join(b.of(name).Error(err), f.Close()); err != nil {
		done()
		return "", nil, err
	}
	return f.Name(), done, nil
}

// Names are those up to the next "/".
func (b *Bucket) Names() ([]string, error) {
	prefix := b.url.Key
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	var names []string
	all := b.bucket.List(&blob.ListOptions{Prefix: prefix, Delimiter: "/"})
	for {
		o, err := all.Next(b.ctx)
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return names, b.url.Error(err)
		}
		if name := strings.TrimSuffix(strings.TrimPrefix(o.Key, prefix), "/"); name != "" {
			names = append(names, name)
		}
	}
}

// Remove removes an object.
func (b *Bucket) Remove(name string) error {
	u := b.of(name)
	return u.Error(b.bucket.Delete(b.ctx, u.Key))
}

// Beyond what the service's own client does: a request whose answer was lost may have been done.
const (
	attempts   = 4
	firstPause = 500 * time.Millisecond
)

// hashKey is an object's metadata that is its SHA-256 in hex.
const hashKey = "sha256"

func (b *Bucket) publish(f *os.File, made Sum) error {
	b.at("written " + made.Name)
	err := b.send(f, made)
	for pause, n := firstPause, 1; err != nil && n < attempts && again(err); n++ {
		select {
		case <-b.ctx.Done():
			return b.ctx.Err()
		case <-time.After(pause):
		}
		pause *= 2
		err = b.send(f, made)
	}
	if exists(err) {
		err = b.compare(f, made)
	}
	if err != nil {
		return err
	}
	b.at("linked " + made.Name)
	b.at("settled " + made.Name)
	return nil
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

// again reports whether the same request may be answered otherwise later.
func again(err error) bool {
	if err == nil || exists(err) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return false
	}
	switch gcerrors.Code(err) {
	case gcerrors.InvalidArgument, gcerrors.Unimplemented, gcerrors.Canceled:
		return false
	}
	return true
}

// compare holds what was made against what is there.
func (b *Bucket) compare(f *os.File, made Sum) error {
	u := b.of(made.Name)
	attrs, err := b.bucket.Attributes(b.ctx, u.Key)
	if err != nil {
		return u.Error(err)
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
	if err := b.send(f, kept); err != nil {
		return err
	}
	return &ConflictError{There: there, Made: made, Kept: kept.Name, place: b.of(kept.Name).String()}
}
