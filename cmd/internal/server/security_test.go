package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"

	"github.com/mistralbridge/mistralbridge/cmd/internal/server"
)

func write(t testing.TB, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	write(t, path, "first\n\n  second  \n")
	l := newLog()
	keys, err := server.OpenKeys(path, logger(l))
	require.NoError(t, err)
	url := serve(t, shared, server.Options{Keys: keys})
	get := func(path string, headers ...string) answer { return ask(t, "GET", url+path, "", headers...) }
	for header, status := range map[string]int{
		"Authorization: Bearer first": 200, "Authorization: bearer second": 200, "Authorization: Bearer": 401, "Authorization: first": 401,
		"Authorization: Basic first": 401, "Authorization: Bearer first ": 200, "Authorization: Bearer third": 401, "Authorization: Bearer firs": 401, "X: y": 401,
	} {
		t.Run(header, func(t *testing.T) {
			a := get("/v1/models", header)
			assert.Equal(t, status, a.status, header)
			if status == 401 {
				assert.Equal(t, `{"error":"Unauthorized"}`, a.body)
			}
		})
	}
	assert.Equal(t, 401, post(t, url+"/v1/tokenize/", chat).status)
	assert.Equal(t, 401, get("/v1/nope").status, "also where no route is")
	assert.Equal(t, 404, get("/v1/nope", "Authorization: Bearer first").status)
	assert.Equal(t, 405, ask(t, "OPTIONS", url+"/v1/models", "").status)
	assert.Equal(t, 200, post(t, url+"/tokenize", chat).status, "as in vLLM, it asks for none above /v1")
	assert.Equal(t, 200, get("/metrics").status)

	// The file changes, and is spoilt.
	write(t, path, "third\n")
	eventually(t, "the new key", func() bool { return get("/v1/models", "Authorization: Bearer third").status == 200 })
	assert.Equal(t, 401, get("/v1/models", "Authorization: Bearer first").status)
	write(t, path, "\n")
	eventually(t, "a word in the log", func() bool {
		return get("/v1/models", "Authorization: Bearer third").status == 200 && strings.Contains(l.String(), "the file of API keys cannot be used")
	})
	require.NoError(t, os.Remove(path))
	assert.Equal(t, 200, get("/v1/models", "Authorization: Bearer third").status)
	write(t, path, "fourth")
	eventually(t, "the next key", func() bool { return get("/v1/models", "Authorization: Bearer fourth").status == 200 })
	assert.NotContains(t, l.String(), "third")

	_, err = server.OpenKeys(filepath.Join(t.TempDir(), "none"), logger(l))
	require.Error(t, err)
}

// A request without its key is refused for its headers: its body need not come.
func TestKeys_beforeBody(t *testing.T) {
	url := serve(t, shared, server.Options{Keys: onlyKey(t), ReadTimeout: time.Hour})
	head := strings.Replace(postHead, "/tokenize", "/v1/tokenize/", 1)
	for _, rest := range []string{"Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n5\r\n{"} {
		t.Run(rest, func(t *testing.T) {
			c := wire(t, url)
			_, err := io.WriteString(c, head+rest)
			require.NoError(t, err)
			assert.Equal(t, 401, answerOn(t, c).status)
		})
	}
	f := framesTo(t, url)
	id := f.open(t, "/v1/tokenize/", "content-type", "application/json", "content-length", "100")
	f.flush(t)
	for answered := false; !answered; {
		got, err := f.ReadFrame()
		require.NoError(t, err)
		if head, ok := got.(*http2.MetaHeadersFrame); ok && head.StreamID == id {
			answered = true
			assert.Equal(t, "401", head.PseudoValue("status"))
		}
	}
}

// A file of keys in UTF-16 is refused in words, with a byte order mark or without; in UTF-8 it may have one.
func TestOpenKeys_encodings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	wide := func(mark string, order binary.AppendByteOrder) string {
		var b []byte
		for _, unit := range utf16.Encode([]rune(mark + "first\r\nsecond\r\n")) {
			b = order.AppendUint16(b, unit)
		}
		return string(b)
	}
	for what, text := range map[string]string{
		"little endian": wide("\ufeff", binary.LittleEndian), "big endian": wide("\ufeff", binary.BigEndian),
		"little endian without a mark": wide("", binary.LittleEndian), "big endian without a mark": wide("", binary.BigEndian),
	} {
		write(t, path, text)
		_, err := server.OpenKeys(path, logger(newLog()))
		require.EqualError(t, err, path+": the keys are in UTF-16, or no text: save the file as UTF-8", what)
	}
	write(t, path, "\ufefffirst\r\nsecond\r\n")
	keys, err := server.OpenKeys(path, logger(newLog()))
	require.NoError(t, err)
	assert.True(t, keys.AllowAuthorization("Bearer first"))
	assert.True(t, keys.AllowAuthorization("Bearer second"))
}

func TestKeys_allRoutes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	write(t, path, "key")
	keys, err := server.OpenKeys(path, logger(newLog()))
	require.NoError(t, err)
	url := serve(t, shared, server.Options{Keys: keys, KeysAll: true})
	for path, status := range map[string]int{
		"/version": 401, "/metrics": 401, "/nope": 401, "/v1/models": 401, "/health": 200, "/ping": 200, "/livez": 200, "/readyz": 200,
	} {
		assert.Equal(t, status, ask(t, "GET", url+path, "").status, path)
	}
	assert.Equal(t, 200, ask(t, "GET", url+"/version", "", "Authorization: Bearer key").status)
}

// certificate writes a pair for 127.0.0.1, and returns a pool that trusts it.
func certificate(t *testing.T, cert, key, name string) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	require.NoError(t, err)
	bytes, err := x509.MarshalECPrivateKey(private)
	require.NoError(t, err)
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: bytes})))
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return pool
}

func TestRun_TLS(t *testing.T) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool := certificate(t, cert, key, "first")
	l := newLog()
	url := serve(t, shared, server.Options{CertFile: cert, KeyFile: key, Log: logger(l)})
	url = "https" + strings.TrimPrefix(url, "http")
	client := func(pool *x509.CertPool) *http.Client {
		return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true, ForceAttemptHTTP2: true}}
	}
	a, err := try(t.Context(), client(pool), "POST", url+"/tokenize", chat, isJSON)
	require.NoError(t, err)
	assert.Equal(t, 200, a.status)
	a, err = try(t.Context(), client(pool), "POST", url+"/v1/tokenize", chat, isJSON)
	require.NoError(t, err)
	assert.Equal(t, 200, a.status, "a redirect stays on https")
	again := certificate(t, cert, key, "second")
	eventually(t, "the new certificate", func() bool {
		_, err := try(t.Context(), client(again), "GET", url+"/health", "")
		return err == nil
	})
	_, err = try(t.Context(), client(pool), "GET", url+"/health", "")
	require.Error(t, err)
	write(t, cert, "nonsense")
	eventually(t, "it is read", func() bool {
		_, err := try(t.Context(), client(again), "GET", url+"/health", "")
		require.NoError(t, err, "what was read before holds")
		return strings.Contains(l.String(), "what was read before holds")
	})

	s, err := server.New(quiet{shared}, server.Options{Addrs: []string{"127.0.0.1:0"}, CertFile: cert, KeyFile: key})
	require.NoError(t, err)
	require.Error(t, s.Run(t.Context()))
}

// overUnix is a client of a Unix socket.
func overUnix(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}}
}

func TestRun_unixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	// A socket that nobody listens on any more.
	old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	old.SetUnlinkOnClose(false)
	require.NoError(t, old.Close())

	o := server.Options{Addrs: []string{"127.0.0.1:0"}, UDS: path, UDSMode: 0o620}
	s, err := server.New(quiet{shared}, o)
	require.NoError(t, err)
	require.NoError(t, s.Listen())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	info, err := os.Lstat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o620)|os.ModeSocket, info.Mode())
	for _, url := range []string{"http://unix", "http://" + s.Addrs()[0].String()} {
		t.Run(url, func(t *testing.T) {
			c := http.DefaultClient
			if url == "http://unix" {
				c = overUnix(path)
			}
			a, err := try(t.Context(), c, "POST", url+"/tokenize", chat, isJSON)
			require.NoError(t, err)
			assert.Equal(t, 200, a.status)
		})
	}
	// One that a process listens on stays.
	second, err := server.New(quiet{shared}, o)
	require.NoError(t, err)
	require.ErrorContains(t, second.Listen(), "another process listens there")
	a, err := try(t.Context(), overUnix(path), "GET", "http://unix/health", "")
	require.NoError(t, err)
	assert.Equal(t, 200, a.status)
	http.DefaultClient.CloseIdleConnections()
	stop()
	require.NoError(t, <-done)
	_, err = os.Lstat(path)
	require.ErrorIs(t, err, os.ErrNotExist, "it goes with the server")
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Empty(t, left)

	// What is no socket stays.
	write(t, path, "precious")
	third, err := server.New(quiet{shared}, o)
	require.NoError(t, err)
	require.ErrorContains(t, third.Listen(), "no socket")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(text))
	assert.Empty(t, third.Addrs())
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Symlink("/etc/hostname", path))
	require.ErrorContains(t, third.Listen(), "no socket")
	require.NoError(t, os.Remove(path))

	o.UDS = filepath.Join(t.TempDir(), "no", "such", "directory")
	fourth, err := server.New(quiet{shared}, o)
	require.NoError(t, err)
	require.ErrorIs(t, fourth.Listen(), syscall.ENOENT)
}

func TestNew_badOptions(t *testing.T) {
	for i, o := range []server.Options{
		{MaxBody: 10, BodyMemory: 5}, {MaxBody: -1}, {Timeout: -1}, {ReadTimeout: -1}, {DrainDelay: -1}, {Drain: -1},
		{CertFile: "a"}, {KeyFile: "a"}, {UDSMode: 0o4660 | os.ModeSetuid},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := server.New(quiet{shared}, o)
			require.Error(t, err)
		})
	}
}
