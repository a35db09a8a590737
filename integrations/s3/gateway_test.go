package s3

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

const (
	access = "access"
	secret = "secret-of-the-tests"
	region = "us-east-1"
)

// gateway is the only S3 server of this process: two cannot be. Buckets are directories below its root.
var gateway struct {
	root    string
	address *url.URL
}

func startGateway(ctx context.Context, dir string) error {
	gateway.root = filepath.Join(dir, "root")
	for _, d := range []string{"root", "meta"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			return err
		}
	}
	attributes, err := meta.NewSideCar(filepath.Join(dir, "meta"))
	if err != nil {
		return err
	}
	backend, err := posix.New(gateway.root, attributes, posix.PosixOpts{SideCarDir: filepath.Join(dir, "meta"), Concurrency: 64})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	gateway.address = &url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	failed := make(chan error, 1)
	go func() {
		failed <- embedgw.RunVersityGW(ctx, backend, &embedgw.Config{
			RootUserAccess: access, RootUserSecret: secret, Region: region, Ports: []string{gateway.address.Host},
			HealthPath: "/health", Quiet: true, KeepAlive: true, MaxConnections: 1024, MaxRequests: 512, MultipartMaxParts: 10000,
		})
	}()
	for {
		if r, err := http.Get(gateway.address.String() + "/health"); err == nil {
			_ = r.Body.Close()
			return nil
		}
		select {
		case err := <-failed:
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// service is the gateway behind a proxy that may do harm, with a bucket of its own.
type service struct {
	*httptest.Server
	bucket string

	mu   sync.Mutex
	seen int
	harm func(n int, r *http.Request) harm // of the n-th request, from 1 on; nil: none
}

// harm is what becomes of a request.
type harm struct {
	status int    // answered without the server
	lost   bool   // done, and the answer is lost
	cut    int64  // the answer's body breaks off behind so many bytes
	before func() // called before the server sees it
	after  func() // called when it is done, before the answer
}

func newService(t *testing.T) *service {
	s := &service{bucket: fmt.Sprintf("bucket-%d", time.Now().UnixNano())}
	require.NoError(t, os.Mkdir(filepath.Join(gateway.root, s.bucket), 0o700))
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(gateway.address)
			r.Out.Host = r.In.Host // it is signed
		},
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := s.next(r)
		if h.before != nil {
			h.before()
		}
		if h.status != 0 {
			w.WriteHeader(h.status)
			return
		}
		switch {
		case h.lost:
			proxy.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case h.cut > 0:
			proxy.ServeHTTP(&cutter{ResponseWriter: w, left: h.cut}, r)
		case h.after != nil:
			done := httptest.NewRecorder()
			proxy.ServeHTTP(done, r)
			h.after()
			panic(http.ErrAbortHandler)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *service) next(r *http.Request) harm {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen++
	if s.harm == nil {
		return harm{}
	}
	return s.harm(s.seen, r)
}

func (s *service) doing(f func(n int, r *http.Request) harm) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen, s.harm = 0, f
}

func (s *service) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// url is that of a key.
func (s *service) url(key string) string { return "s3://" + s.bucket + "/" + key }

// others are who has the bucket, too.
func others() *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: aws.String(gateway.address.String()), UsePathStyle: true, Region: region,
		Credentials: credentials.NewStaticCredentialsProvider(access, secret, ""),
	})
}

// put has others write an object.
func (s *service) put(t *testing.T, key, text string) {
	t.Helper()
	_, err := others().PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String(s.bucket), Key: aws.String(key), Body: strings.NewReader(text)})
	require.NoError(t, err)
}

// remove has others remove objects.
func (s *service) remove(t *testing.T, keys ...string) {
	t.Helper()
	for _, key := range keys {
		_, err := others().DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String(s.bucket), Key: aws.String(key)})
		require.NoError(t, err)
	}
}

// path is where the gateway keeps an object.
func (s *service) path(key string) string { return filepath.Join(gateway.root, s.bucket, key) }

type cutter struct {
	http.ResponseWriter
	left int64
}

func (c *cutter) Write(p []byte) (int, error) {
	if int64(len(p)) <= c.left {
		c.left -= int64(len(p))
		return c.ResponseWriter.Write(p)
	}
	_, _ = c.ResponseWriter.Write(p[:c.left])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}
