package media

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is beside a URL stays to the byte, keys too, which may be what no string of Go's can be.
func TestRewrite_onlyURL(t *testing.T) {
	const before = `{"messages":[{"\ud800":1,"\u0061\"é":2,"content":[{"type":"image_url","image_url":{"\udfff":0,"url":"`
	const after = `"}}]}]}`
	got, err := Rewrite([]byte(before+"https://x/a.png"+after), func(place, url string) (string, error) {
		assert.Equal(t, "messages.0.content.0.image_url.url", place)
		return "data:," + url, nil
	})
	require.NoError(t, err)
	assert.Equal(t, before+"data:,https://x/a.png"+after, string(got))
}

func TestMayName(t *testing.T) {
	for _, tt := range []struct {
		request string
		want    bool
	}{
		{`{"messages":[{"role":"user","content":"Hello"}]}`, false},
		{`{"messages":[{"content":[{"type":"image_url"}]}]}`, true},
		{`{"messages":[{"content":[{"audio_url":"a"}]}]}`, true},
		{`{"messages":[{"content":[{"image\u005furl":"a"}]}]}`, true},
		{``, false},
	} {
		assert.Equal(t, tt.want, MayName([]byte(tt.request)), tt.request)
	}
}

func TestRewrite(t *testing.T) {
	chunk := func(s string) string { return `{"messages":[{"role":"user","content":[` + s + `]}]}` }
	for _, tt := range []struct {
		name, request string
		want          string // "": unchanged
		asked         string // places and URLs
	}{
		{"a URL", chunk(`{"type":"image_url","image_url":"https://x/a"}`), chunk(`{"type":"image_url","image_url":"data:,1"}`), "messages.0.content.0.image_url https://x/a"},
		{"an object", chunk(`{"image_url":{"url":"http://x/a","detail":"low"}}`), chunk(`{"image_url":{"url":"data:,1","detail":"low"}}`), "messages.0.content.0.image_url.url http://x/a"},
		{"audio", chunk(`{"audio_url":{"url":"HTTPS://x/a"}}`), chunk(`{"audio_url":{"url":"data:,1"}}`), "messages.0.content.0.audio_url.url HTTPS://x/a"},
		{"an escaped key", chunk(`{"image\u005furl":"http://x/a"}`), chunk(`{"image\u005furl":"data:,1"}`), "messages.0.content.0.image_url http://x/a"},
		{"two", chunk(`{"image_url":"http://x/a"},{"image_url":"http://x/b"}`), chunk(`{"image_url":"data:,1"},{"image_url":"data:,2"}`), "messages.0.content.0.image_url http://x/a messages.0.content.1.image_url http://x/b"},
		{"of a key that is there twice the last", chunk(`{"image_url":"http://x/a","image_url":"http://x/b"}`), chunk(`{"image_url":"http://x/a","image_url":"data:,1"}`), "messages.0.content.0.image_url http://x/b"},
		{"of a message, not a list", `{"messages":[{"content":"image_url http://x"}]}`, "", ""},
		{"inline", chunk(`{"image_url":"data:image/png;base64,AA=="}`), "", ""},
		{"a path", chunk(`{"image_url":"file:///etc/passwd"},{"audio_url":"/etc/passwd"}`), "", ""},
		{"no string", chunk(`{"image_url":1},{"image_url":null},{"image_url":{"url":2}},{"image_url":[]}`), "", ""},
		{"elsewhere", `{"image_data":{"image_url2":"http://x/a"},"tools":[{"image_url":"http://x/a"}]}`, "", ""},
		{"a case that the reference takes for a path", chunk(`{"image_url":"HTTP://x/a"}`), "", ""},
		{"no JSON", `{"messages":[{"content":[{"image_url":"http://x/a"}`, "", ""},
		{"too deep to be one", strings.Repeat(`{"content":[`, 12) + `{"image_url":"http://x/a"}` + strings.Repeat(`]}`, 12), "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []string
			got, err := Rewrite([]byte(tt.request), func(place, url string) (string, error) {
				asked = append(asked, place+" "+url)
				return "data:," + string(rune('0'+len(asked))), nil
			})
			require.NoError(t, err)
			if tt.want == "" {
				tt.want = tt.request
			}
			assert.Equal(t, tt.want, string(got))
			assert.Equal(t, tt.asked, strings.Join(asked, " "))
		})
	}
}

func TestRewrite_error(t *testing.T) {
	down := errors.New("down")
	_, err := Rewrite([]byte(`{"messages":[{"content":[{"image_url":"http://x/a"},{"image_url":"http://x/b"}]}]}`), func(string, string) (string, error) {
		return "", down
	})
	require.ErrorIs(t, err, down)
}
