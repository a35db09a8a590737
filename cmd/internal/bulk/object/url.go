package object

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"gocloud.dev/blob"
)

// schemes are the services, each with the build tag without which it is left out: their two clients are 42 MB.
var schemes = map[string]string{"s3": "", "gs": "gcs", "azblob": "azure"}

var form = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// IsURL reports whether a name is a URL, and no path. Parse says whether it is one that can be reached.
func IsURL(name string) bool { return form.MatchString(name) }

// URL is where an object lies, or, with an end of "/" or without a key, several.
type URL struct {
	Key    string
	bucket url.URL // without a key
}

// Parse reads a URL.
func Parse(name string) (URL, error) {
	u, err := url.Parse(name)
	if err != nil {
		return URL{}, fmt.Errorf("%s: %w", name, err)
	}
	tag, known := schemes[u.Scheme]
	switch {
	case !known:
		return URL{}, fmt.Errorf("%s: %s:// cannot be reached; there are s3://, gs:// and azblob://", u.Redacted(), u.Scheme)
	case !blob.DefaultURLMux().ValidBucketScheme(u.Scheme):
		return URL{}, fmt.Errorf("%s: this program was built without %s://: build it with -tags %s", u.Redacted(), u.Scheme, tag)
	case u.Host == "":
		return URL{}, fmt.Errorf("%s names no bucket, as %s://bucket/key does", name, u.Scheme)
	case u.User != nil:
		return URL{}, fmt.Errorf("%s://%s: a user or a password has no place in a URL: they are taken from the environment", u.Scheme, u.Host)
	case u.Fragment != "" || strings.HasSuffix(name, "#"):
		return URL{}, fmt.Errorf("%s: write # in a key as %%23, and ? as %%3F", name)
	}
	key := strings.TrimPrefix(u.Path, "/")
	u.Path, u.RawPath = "", ""
	return URL{Key: key, bucket: *u}, nil
}

// Several reports whether objects below a prefix are meant.
func (u URL) Several() bool { return u.Key == "" || strings.HasSuffix(u.Key, "/") }

// At is the URL of another object in the same bucket.
func (u URL) At(key string) URL { return URL{Key: key, bucket: u.bucket} }

// Below is the URL of an object whose key begins with this one's. Unlike a path a key is taken as it is.
func (u URL) Below(name string) URL {
	if u.Key == "" {
		return u.At(name)
	}
	return u.At(strings.TrimSuffix(u.Key, "/") + "/" + name)
}

// Holds reports whether another is this one or below it. Settings of the bucket do not count, unless they name another service.
func (u URL) Holds(v URL) bool {
	service := func(u URL) [3]string {
		return [3]string{u.bucket.Scheme, u.bucket.Host, u.bucket.Query().Get("endpoint")}
	}
	return service(u) == service(v) && strings.HasPrefix(v.Below("").Key, u.Below("").Key)
}

func (u URL) String() string {
	b := u.bucket
	b.Path = "/" + u.Key
	return b.String()
}
