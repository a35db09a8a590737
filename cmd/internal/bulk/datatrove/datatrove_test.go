package datatrove

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format"
	"github.com/mistralbridge/mistralbridge/cmd/internal/bulk/format/formattest"
)

func TestRoundTrip(t *testing.T) {
	for _, loss := range []bool{false, true} {
		formattest.RoundTrip(t, Format{loss}, formattest.Holds{Loss: loss})
	}
}

// The tokenizer's name is not known to who reads it.
func TestDamage(t *testing.T) {
	for _, loss := range []bool{false, true} {
		formattest.Damage(t, Format{loss}, formattest.Holds{Loss: loss}, map[string]int{metadataEnd: 2})
	}
}

// The bytes, put down by hand; make formats compares them with datatrove's own.
func TestLayout(t *testing.T) {
	documents := []format.Document{{IDs: []int32{1, 2}, Loss: []byte{0, 1}}, {}, {IDs: []int32{65535}, Loss: []byte{1}}}
	for words, want := range map[int]string{65_536: "01000200ffff", 65_537: "0100000002000000ffff0000"} {
		t.Run(fmt.Sprint(words), func(t *testing.T) {
			base := filepath.Join(t.TempDir(), "x")
			require.NoError(t, formattest.Write(Format{Loss: true}, format.Shape{Words: words, Tokenizer: "v3"}, base, documents))
			for end, want := range map[string]string{idsEnd: want, lossEnd: "000101", indexEnd: "0200000000000000" + "0200000000000000" + "0300000000000000",
				metadataEnd: hex.EncodeToString(fmt.Appendf(nil, "v3|%d\n3\n3.00 T", sizeFor(words)))} {
				text, err := os.ReadFile(base + end)
				require.NoError(t, err)
				assert.Equal(t, want, hex.EncodeToString(text), end)
			}
		})
	}
}

// What humanize.metric says with the unit T; make formats asks it.
func TestMetric(t *testing.T) {
	for n, want := range map[uint64]string{0: "0.00 T", 7: "7.00 T", 42: "42.0 T", 999: "999 T", 1000: "1.00 kT", 1005: "1.00 kT", 9994: "9.99 kT", 9995: "9.99 kT", 9996: "10.0 kT",
		99_949: "99.9 kT", 99_950: "100 kT", 999_499: "999 kT", 999_500: "1.00 MT", 999_501: "1.00 MT", 1_234_567: "1.23 MT", 123_456_789_012: "123 GT", 999_999_999_999_999: "1.00 PT"} {
		assert.Equal(t, want, metric(n), n)
	}
}
