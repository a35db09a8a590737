package statspage

import (
	"fmt"
	"math"
	"strings"
)

// Charts are as wide and as high, in units of their own, which the page stretches.
const (
	width  = 1000.0
	height = 200.0
)

// bar is one of a chart, from left to right.
type bar struct {
	X, Y, W, H float64
	Title      string
	Odd        bool // it stands out
}

// bars are charts of one value for each of many shards. Above so many neighbours share one.
const maxBars = 250

// bars draws values, which are zero or above, as far as limit, and none where that is NaN; title says what one of them is, odd whether it stands out.
func bars(values []float64, limit float64, title func(i int) string, odd func(i int) bool) (all []bar, top float64) {
	for _, v := range values {
		top = max(top, v)
	}
	top = min(top, limit)
	if math.IsNaN(top) || top <= 0 {
		return nil, 0
	}
	step := width / float64(len(values))
	gap := 0.0 // between many they would be a pattern
	if step > 10 {
		gap = 1
	}
	for i, v := range values {
		h := min(v, top) / top * height
		all = append(all, bar{X: float64(i) * step, Y: height - h, W: step - gap, H: h, Title: title(i), Odd: odd(i)})
	}
	return all, top
}

// share is a row of a chart from top to bottom.
type share struct {
	Label, Note string
	Count       int64
	Percent     float64 // of the longest
	Of          float64 // of all, in percent
}

// shares makes the rows' lengths.
func shares(rows []share, all int64) []share {
	longest := int64(0)
	for _, r := range rows {
		longest = max(longest, r.Count)
	}
	for i := range rows {
		if longest > 0 {
			rows[i].Percent = 100 * float64(rows[i].Count) / float64(longest)
		}
		if all > 0 {
			rows[i].Of = 100 * float64(rows[i].Count) / float64(all)
		}
	}
	return rows
}

// maxSteps are those of a curve. Of more the last of each few is drawn.
const maxSteps = 500

// curve is a line that rises from left to right, as steps.
func curve(xs, ys []float64, right, top float64) string {
	var path strings.Builder
	fmt.Fprintf(&path, "M0 %g", height)
	each := (len(xs) + maxSteps - 1) / maxSteps
	for i := range xs {
		if (len(xs)-1-i)%each == 0 {
			fmt.Fprintf(&path, "H%.2fV%.2f", xs[i]/right*width, height-ys[i]/top*height)
		}
	}
	return path.String()
}

// median of sorted values; NaN of none.
func median(sorted []float64) float64 {
	n := len(sorted)
	switch {
	case n == 0:
		return math.NaN()
	case n%2 == 1:
		return sorted[n/2]
	}
	return (sorted[n/2-1] + sorted[n/2]) / 2
}
