package corpus

import (
	"fmt"
	"strings"
)

// numbers has digits of every length, and the ways in which people write numbers.
func numbers() []string {
	all := []string{
		"3.14159", "-273.15", "+1", "1e400", "6.02214076e23", "1.0E-5", "0x1F", "0b1010", "0o777", "1_000_000", "1,234,567.89", "1.234.567,89",
		"1 234 567", "1'234'567", "12:34:56", "2024-02-29T23:59:60Z", "29.02.2024", "02/29/24", "+49 (0)30 1234-5678", "192.168.0.1/24",
		"fe80::1%eth0", "v1.2.3-rc.4+build.5", "50%", "$9.99", "€1.000,00", "¥500", "½ ⅓ ¼ ⅞", "x² + y³ = z⁴", "H₂O", "Ⅷ ⅸ", "①②③ ❶ ⑳",
		"٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "०१२३४५६७८९", "๐๑๒๓๔", "０１２３", "𝟘𝟙𝟚𝟛", "一二三百千万", "1st 2nd 3rd 4th", "3x3=9", "10^6", "1/3", "007",
		"NaN Infinity -0.0", "A1B2C3", "deadBEEF1234", "550e8400-e29b-41d4-a716-446655440000", "٣٫١٤", "1" + strings.Repeat("0", 100),
	}
	r := random(17)
	for n := 1; n <= 24; n++ {
		var b strings.Builder
		for range n {
			fmt.Fprintf(&b, "%d", r.IntN(10))
		}
		all = append(all, b.String(), "n="+b.String()+".", strings.Repeat("1", n))
	}
	for range 20 {
		all = append(all, fmt.Sprintf("%d, %.3f; %d%% (%d/%d)", r.IntN(1<<30), r.Float64()*1e4, r.IntN(100), r.IntN(99), 1+r.IntN(99)))
	}
	return all
}
