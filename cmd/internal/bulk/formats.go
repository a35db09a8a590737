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

// Formats are their names.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// formatOf is the format of a plan.
func formatOf(p *plan.Plan) (format.Format, error) {
	f, ok := formats[p.Options.Output]
	if !ok {
		return nil, fmt.Errorf("%s: its output is %q, which this program does not write; there are %s", plan.Name, p.Options.Output, strings.Join(Formats(), ", "))
	}
	return f, nil
}

func shapeOf(p *plan.Plan) format.Shape {
	return format.Shape{Words: p.Tokenizer.Words, Tokenizer: p.Tokenizer.Source}
}

// documentID names a document by its record.
func documentID(file string, r source.Record) string { return fmt.Sprintf("%s:%d", file, r.Place) }

// openShard opens the files of a committed shard.
func openShard(dir *store.Dir, f format.Format, n int) (format.Reader, error) {
	return f.Open(filepath.Clean(dir.Path(shardBase(n))))
}

// hasFiles reports whether a shard of these documents has files.
func hasFiles(f format.Format, c Counts) bool {
	return c.Documents > 0 || c.Empty > 0 && f.OpensEmpty()
}
