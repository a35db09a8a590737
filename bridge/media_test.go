package bridge_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"image"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

func fromBase64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	require.NoError(t, err)
	return b
}

func asType[T error](err error, target *T) bool { return errors.As(err, target) }

// blank is a PNG in base64.
func blank(width, height int) string {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height)))
	return base64.StdEncoding.EncodeToString(b.Bytes())
}

// wav is an audio file of n samples, 16 kHz.
func wav(n int) []byte {
	var b bytes.Buffer
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	put([]byte("RIFF"), uint32(36+2*n), []byte("WAVEfmt "), uint32(16), uint16(1), uint16(1), uint32(16000), uint32(32000), uint16(2), uint16(16))
	put([]byte("data"), uint32(2*n))
	for i := range n {
		put(int16(i % 100 * 100))
	}
	return b.Bytes()
}
