package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/object"
)

// stored is a file on disk, or an object.
type stored interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}

// openStored opens what lies at a path or a URL.
func openStored(ctx context.Context, name string) (stored, error) {
	if object.IsURL(name) {
		u, err := object.Parse(name)
		if err != nil {
			return nil, err
		}
		return u.Open(ctx)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file: it has to be read more than once; save it as a file first", name)
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return diskFile{file, info.Size()}, nil
}

// unreachable reports whether an error says nothing of what is in a file.
func unreachable(err error) bool {
	return errors.As(err, new(*object.Error)) || errors.Is(err, context.Canceled)
}

type diskFile struct {
	*os.File
	size int64
}

func (f diskFile) Size() int64 { return f.size }
