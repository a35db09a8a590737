package bulk

import "github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"

// noFiles are so many documents without ids, which have no files.
type noFiles int64

func (n noFiles) Documents() int64 { return int64(n) }

func (n noFiles) Document(int64) (format.Document, error) {
	return format.Document{IDs: []int32{}}, nil
}

func (n noFiles) Each(do func(n int64, d format.Document) error) error {
	for i := range int64(n) {
		if err := do(i, format.Document{IDs: []int32{}}); err != nil {
			return err
		}
	}
	return nil
}

func (n noFiles) Close() error { return nil }
