package bulk

import (
	"io"
	"os"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// shardFiles makes the files of a shard in the store. It is a format.Files.
type shardFiles struct {
	dir     store.Store
	base    string
	made    []*store.File
	scratch []*os.File
}

// Create makes a file that publish gives its name.
func (s *shardFiles) Create(end string) (io.Writer, error) {
	f, err := s.dir.Create(s.base + end)
	if err != nil {
		return nil, err
	}
	s.made = append(s.made, f)
	return f, nil
}

// Scratch makes one that discard removes.
func (s *shardFiles) Scratch() (io.ReadWriteSeeker, error) {
	f, err := s.dir.Scratch("scratch")
	if err != nil {
		return nil, err
	}
	s.scratch = append(s.scratch, f)
	return f, nil
}

// publish gives the files their names, in the order in which they were made.
func (s *shardFiles) publish() ([]store.Sum, error) {
	sums := make([]store.Sum, 0, len(s.made)+1)
	for _, f := range s.made {
		sum, err := f.Publish()
		if err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	return sums, nil
}

// discard removes what has no name yet.
func (s *shardFiles) discard() {
	for _, f := range s.made {
		f.Discard()
	}
	for _, f := range s.scratch {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}
}
