package bulk

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/datatrove"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/mds"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/megatron"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/parquet"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/source"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/store"
)

// Megatron is the format of a run that asks for none.
const Megatron = "megatron"

// formats are all of them, by the names that a plan has them by.
var formats = map[string]format.Format{
	Megatron:    megatron.Format{},
	"datatrove": datatrove.Format{},
	"mds":       mds.Format{},
	"parquet":   parquet.Format{},
}

// masked are those that hold loss masks, which chats have.
var masked = map[string]format.Format{
	Megatron:    megatron.Format{Loss: true},
	"datatrove": datatrove.Format{Loss: true},
	"parquet":   parquet.Format{Loss: true},
}

// Formats are their names.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// ChatFormats are those that chats can be written in.
func ChatFormats() []string { return slices.Sorted(maps.Keys(masked)) }

// formatOf is the format of a plan.
func formatOf(p *plan.Plan) (format.Format, error) {
	all := formats
	if p.Options.Type.IsChat() {
		all = masked
	}
	f, ok := all[p.Options.Output]
	if !ok {
		return nil, fmt.Errorf("%s: its output is %q, which this program does not write of %ss; there are %s", plan.Name, p.Options.Output, p.Options.Type,
			strings.Join(slices.Sorted(maps.Keys(all)), ", "))
	}
	return f, nil
}

func shapeOf(p *plan.Plan) format.Shape {
	return format.Shape{Words: p.Tokenizer.Words, Tokenizer: p.Tokenizer.Source}
}

// documentID names a document by its record.
func documentID(file string, r source.Record) string { return fmt.Sprintf("%s:%d", file, r.Place) }

// openShard opens the files of a committed shard.
func openShard(dir store.Store, f format.Format, c Commit) (r format.Reader, done func(), err error) {
	base, gone, err := localShard(dir, c)
	if err != nil {
		return nil, nil, err
	}
	if r, err = f.Open(base); err != nil {
		gone()
		return nil, nil, err
	}
	return r, func() {
		_ = r.Close()
		gone()
	}, nil
}

// localShard is where the files of a shard lie on this machine, until done is called: their names without the ends.
func localShard(dir store.Store, c Commit) (base string, done func(), err error) {
	var names []string
	for _, f := range c.Files {
		if strings.HasPrefix(f.Name, shardBase(c.Shard)) {
			names = append(names, f.Name)
		}
	}
	root, done, err := dir.Local(names)
	return filepath.Join(root, filepath.FromSlash(shardBase(c.Shard))), done, err
}

// hasFiles reports whether a shard of these documents has files.
func hasFiles(f format.Format, c Counts) bool {
	return c.Documents > 0 || c.Empty > 0 && f.OpensEmpty()
}
