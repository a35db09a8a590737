package datatrove

import (
	"math"
	"strconv"
)

// metric is a number of ids as datatrove says it to people, 1.23 MT: the metric of the package
// humanize, with three digits.
func metric(n uint64) string {
	exponent := len(strconv.FormatUint(n, 10)) - 1
	value := float64(n) / math.Pow10(exponent/3*3)
	digits := 2 - exponent%3
	// What is rounded to one digit more is said with the next prefix.
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'f', digits, 64), 64)
	if rounded >= math.Pow10(exponent%3+1) {
		before := exponent / 3
		exponent++
		value /= math.Pow10((exponent/3 - before) * 3)
		digits = 2 - exponent%3
	}
	unit := "T"
	if exponent >= 3 {
		unit = string("kMGTPE"[exponent/3-1]) + unit
	}
	return strconv.FormatFloat(value, 'f', digits, 64) + " " + unit
}
