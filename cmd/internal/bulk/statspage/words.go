package statspage

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk"
)

// count is a whole number with its digits in groups.
func count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if left := len(digits) - i; i > 0 && left%3 == 0 {
			b.WriteRune('\u202f') // narrow, and no place for the end of a line
		}
		b.WriteRune(d)
	}
	return b.String()
}

// short is a number in three digits or so.
func short(v float64) string {
	for _, unit := range []struct {
		name string
		size float64
	}{{" T", 1e12}, {" G", 1e9}, {" M", 1e6}, {" k", 1e3}} {
		if v >= unit.size*10 || v >= unit.size && unit.size > 1e3 {
			return strconv.FormatFloat(v/unit.size, 'f', 1, 64) + unit.name
		}
	}
	if v == float64(int64(v)) {
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

func percent(v float64) string {
	switch {
	case v == 0 || v == 100:
		return fmt.Sprintf("%.0f %%", v)
	case v < 0.01:
		return "< 0.01 %"
	case v > 99.99:
		return "> 99.99 %"
	}
	return fmt.Sprintf("%.2f %%", v)
}

func duration(d time.Duration) string {
	if d > time.Minute {
		return d.Round(time.Second).String()
	}
	return d.Round(time.Millisecond).String()
}

// visible is a name without what cannot be seen, or changes the direction of what follows.
func visible(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsGraphic(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRuneToGraphic(r), "'"))
		}
	}
	return b.String()
}

// why are the classes of rejects in words.
var why = map[bulk.Class]string{
	bulk.BadJSON: "no object in JSON", bulk.NoText: "no such field, or no text there", bulk.NotUTF8: "not UTF-8", bulk.Surrogate: "half of a surrogate pair",
	bulk.TooLong: "longer than --max-record", bulk.Refused: "the tokenizer raised an exception", bulk.Deadly: "the process that encodes it ends",
	bulk.TooSlow: "longer than --record-timeout", bulk.NoIDs: "no ids, which the format cannot hold",
}
