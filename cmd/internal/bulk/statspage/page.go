package statspage

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/plan"
	"github.com/mistralbridge/mistralbridge/cmd/internal/page"
)

//go:embed page.html.tmpl
var source string

//go:embed page.css
var style string

var layout = template.Must(template.New("page").Funcs(template.FuncMap{
	"count": count, "short": short, "percent": percent, "visible": visible, "size": bulk.Size, "duration": duration,
	"len64": func(n int) int64 { return int64(n) }, "float": func(n int64) float64 { return float64(n) }, "bytes": func(v float64) int64 { return int64(v) },
	"less": func(n int) int { return n - 1 }, "plot": plotOf,
}).Parse(source))

// view is what the page shows.
type view struct {
	*bulk.Stats

	Style     template.CSS
	Program   string
	Documents int64   // empty ones included
	Done      float64 // percent of the input
	Mean      float64 // tokens a document
	Rejects   float64 // percent of records
	Trained   float64 // percent of tokens
	Lengths   []share
	Classes   []share
	Progress  *progress
	Tokens    chart
	PerToken  chart
	Group     int     // shards in a bar
	Median    float64 // bytes a token
	Text      string  // what TextBytes are of
	Odd       []odd
}

// odd is a shard that stands out.
type odd struct {
	bulk.ShardStats

	Place    string
	PerToken float64
	Rejects  float64 // percent
	score    float64
}

// Write writes the page. program is the version that did.
func Write(w io.Writer, s *bulk.Stats, program string) error {
	v := view{
		Stats: s, Style: template.CSS(page.Palette() + style), Program: program, //nolint:gosec // both are parts of the program
		Mean: ratio(s.Counts.Tokens, documents(s.Counts)), Rejects: 100 * ratio(s.Counts.Rejected, s.Counts.Records),
		Trained: 100 * ratio(s.Counts.LossTokens, s.Counts.Tokens), Documents: documents(s.Counts), Done: 100 * ratio(s.Counts.Bytes, s.Bytes),
		Lengths: lengths(s.Lengths, documents(s.Counts)), Classes: classes(s), Progress: progressOf(s),
	}
	v.Text = "text"
	if s.Type == plan.Chat.String() || s.Type == plan.OpenAI.String() {
		v.Text = "JSON"
	}
	v.Odd, v.Median = outliers(s)
	v.charts(s)
	return layout.Execute(w, v)
}

func documents(c bulk.Counts) int64 { return c.Documents + c.Empty }

func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// lengths are the rows of the histogram, from the first that is not empty.
func lengths(l bulk.Lengths, all int64) (rows []share) {
	for n, c := range l.Bits {
		if c == 0 && len(rows) == 0 {
			continue
		}
		label := "0"
		switch {
		case n == 1:
			label = "1"
		case n > 1:
			label = fmt.Sprintf("%s – %s", count(1<<(n-1)), count(1<<n-1))
		}
		rows = append(rows, share{Label: label, Count: c})
	}
	return shares(rows, all)
}

func classes(s *bulk.Stats) (rows []share) {
	for _, class := range bulk.Classes {
		if n := s.Rejected[class]; n > 0 {
			rows = append(rows, share{Label: string(class), Note: why[class], Count: n})
		}
	}
	slices.SortStableFunc(rows, func(a, b share) int { return cmp.Compare(b.Count, a.Count) })
	return shares(rows, s.Counts.Records)
}

// maxOdd is how many outliers are listed.
const maxOdd = 20

// unusual is how far a shard's bytes a token may be from the median's.
const unusual = 0.25

// away is how far a value is from the median, the same for twice as much and half of it.
func away(v, mid float64) float64 { return math.Abs(math.Log(v / mid)) }

// outliers are shards with another number of bytes a token than most, or many rejects.
func outliers(s *bulk.Stats) (found []odd, mid float64) {
	var all []float64
	for _, sh := range s.ByShard {
		if v := sh.Counts.BytesPerToken(); v > 0 {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	mid = median(all)
	whole := ratio(s.Counts.Rejected, s.Counts.Records)
	for _, sh := range s.ByShard {
		o := odd{ShardStats: sh, PerToken: sh.Counts.BytesPerToken(), Rejects: 100 * ratio(sh.Counts.Rejected, sh.Counts.Records)}
		if o.PerToken > 0 {
			if far := away(o.PerToken, mid); far > math.Log(1+unusual) {
				o.score = far
			}
		}
		if r := o.Rejects / 100; r > 0.01 && r >= 2*whole || r == 1 {
			o.score += r
		}
		if o.score > 0 {
			found = append(found, o)
		}
	}
	slices.SortStableFunc(found, func(a, b odd) int { return cmp.Compare(b.score, a.score) })
	return found[:min(len(found), maxOdd)], mid
}
