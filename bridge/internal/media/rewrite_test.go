package media

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is beside a URL stays to the byte, keys too, which may be what no string of Go's can be.
func TestOnlyTheURLChanges(t *testing.T) {
	const before = `{"messages":[{"\ud800":1,"\u0061\"é":2,"content":[{"type":"image_url","image_url":{"\udfff":0,"url":"`
	const after = `"}}]}]}`
	got, err := Rewrite([]byte(before+"https://x/a.png"+after), func(place, url string) (string, error) {
		assert.Equal(t, "messages.0.content.0.image_url.url", place)
		return "data:," + url, nil
	})
	require.NoError(t, err)
	assert.Equal(t, before+"data:,https://x/a.png"+after, string(got))
}
