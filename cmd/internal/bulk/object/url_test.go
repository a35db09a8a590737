package object

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct{ name, key, below string }{
		{"s3://bucket", "", "s3://bucket/x/y"},
		{"s3://bucket/", "", "s3://bucket/x/y"},
		{"s3://bucket/a/b", "a/b", "s3://bucket/a/b/x/y"},
		{"s3://bucket/a/b/", "a/b/", "s3://bucket/a/b/x/y"},
		{"s3://bucket/a//../b", "a//../b", "s3://bucket/a//../b/x/y"},
		{"s3://bucket/a?region=eu&endpoint=http://x", "a", "s3://bucket/a/x/y?region=eu&endpoint=http://x"},
		{"gs://bucket/a%23%3Fb", "a#?b", "gs://bucket/a%23%3Fb/x/y"},
		{"azblob://box/é", "é", "azblob://box/%C3%A9/x/y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.True(t, IsURL(tt.name))
			if scheme, _, _ := strings.Cut(tt.name, ":"); !blob.DefaultURLMux().ValidBucketScheme(scheme) {
				_, err := Parse(tt.name)
				require.ErrorContains(t, err, "build it with -tags "+schemes[scheme])
				return
			}
			u, err := Parse(tt.name)
			require.NoError(t, err)
			assert.Equal(t, tt.key, u.Key)
			assert.Equal(t, tt.below, u.Below("x/y").String())
			again, err := Parse(u.Below("x/y").String())
			require.NoError(t, err)
			assert.Equal(t, u.Below("x/y"), again, "what is printed is read again")
		})
	}
}

func TestHolds(t *testing.T) {
	for _, tt := range []struct {
		outer, inner string
		want         bool
	}{
		{"s3://bucket", "s3://bucket/a", true},
		{"s3://bucket/a", "s3://bucket/a/", true},
		{"s3://bucket/a", "s3://bucket/a/b?region=eu", true},
		{"s3://bucket/a", "s3://bucket/ab", false},
		{"s3://bucket/a/b", "s3://bucket/a", false},
		{"s3://bucket/a", "s3://other/a", false},
		{"s3://bucket/a", "s3://bucket/a?endpoint=http://x", false},
	} {
		u, err := Parse(tt.outer)
		require.NoError(t, err)
		v, err := Parse(tt.inner)
		require.NoError(t, err)
		assert.Equal(t, tt.want, u.Holds(v), "%s, %s", tt.outer, tt.inner)
	}
}

func TestParse_refused(t *testing.T) {
	for name, want := range map[string]string{
		"s3://":               "names no bucket",
		"s3:///key":           "names no bucket",
		"ftp://a/b":           "ftp:// cannot be reached; there are s3://, gs:// and azblob://",
		"s3://me:pw@bucket/x": "has no place in a URL",
		"s3://bucket/a#b":     "write # in a key as %23",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse(name)
			require.ErrorContains(t, err, want)
			assert.NotContains(t, err.Error(), "pw")
		})
	}
}

func TestIsURL(t *testing.T) {
	for _, path := range []string{"", "a", "/a//b", "./s3:/b", "C:\\x", "a b://c", "-://x"} {
		assert.False(t, IsURL(path), path)
	}
}

func TestHasEndpoint(t *testing.T) {
	for _, name := range endpointVariables {
		t.Setenv(name, "")
	}
	assert.False(t, hasEndpoint(""), "Amazon's")
	assert.True(t, hasEndpoint("http://e"))
	for _, name := range endpointVariables {
		t.Setenv(name, "http://e")
		assert.True(t, hasEndpoint(""), name)
		t.Setenv(name, "")
	}
}
