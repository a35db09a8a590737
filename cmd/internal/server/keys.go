package server

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
)

// Keys are the API keys of a file, one a line. The file is read again when it changes; one
// that cannot be read, or has no key, leaves the keys as they were. Safe for any number of
// goroutines.
type Keys struct{ file *watched[keySet] }

type keySet [][sha256.Size]byte

// OpenKeys reads a file of keys, in UTF-8. One in UTF-16, as editors of Windows write them, is refused.
func OpenKeys(path string, log *slog.Logger) (*Keys, error) {
	file, err := watch([]string{path}, func() (*keySet, error) { return readKeys(path) },
		func(err error) { log.Error("the file of API keys cannot be used", "error", err) })
	if err != nil {
		return nil, err
	}
	return &Keys{file}, nil
}

func readKeys(path string) (*keySet, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) || bytes.IndexByte(text, 0) >= 0 {
		return nil, fmt.Errorf("%s: the keys are in UTF-16, or no text: save the file as UTF-8", path) // no header could have such a key
	}
	var set keySet
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		if key := strings.TrimSpace(line); key != "" {
			set = append(set, sha256.Sum256([]byte(key)))
		}
	}
	if set == nil {
		return nil, fmt.Errorf("%s: there is no key in it", path)
	}
	return &set, nil
}

// Allow reports whether a request has one of the keys, as vLLM asks for it:
// Authorization: Bearer KEY.
func (k *Keys) Allow(r *http.Request) bool {
	given := r.Header["Authorization"]
	return len(given) > 0 && k.AllowAuthorization(given[0])
}

// AllowAuthorization is Allow for the value of the header. How long it takes does not
// depend on the keys' content.
func (k *Keys) AllowAuthorization(value string) bool {
	scheme, key, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "bearer") {
		return false
	}
	given, found := sha256.Sum256([]byte(key)), 0
	for _, one := range *k.file.get() {
		found |= subtle.ConstantTimeCompare(given[:], one[:])
	}
	return found == 1
}
