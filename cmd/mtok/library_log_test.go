package main

import (
	"bytes"
	"errors"
	"log"
	"log/slog"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/otel"
	"google.golang.org/grpc/grpclog"
)

// What libraries say is in the log, without what gRPC quotes.
func TestLibraryLog(t *testing.T) {
	before := slog.Default()
	var out bytes.Buffer
	takeLibraryLogs(slog.New(slog.NewTextHandler(&out, nil)))
	defer slog.SetDefault(before)
	grpclog.Component("core").Errorf("could not send %q", "secret")
	grpclog.Component("core").Error("secret")
	grpclog.Errorln("secret", 1)
	grpclog.Errorf("secret %d", 1)
	grpclog.Component("core").Warning("secret")
	grpclog.Infof("secret")
	assert.NotContains(t, out.String(), "secret")
	assert.Len(t, regexp.MustCompile(`level=WARN msg="gRPC reports an error" place=library_log_test\.go:\d+`).FindAllString(out.String(), -1), 4)
	assert.Len(t, regexp.MustCompile(`component=core`).FindAllString(out.String(), -1), 2)
	otel.Handle(errors.New("the collector is away"))
	assert.Contains(t, out.String(), `error="the collector is away"`)
	log.Print("from Go's own")
	assert.Contains(t, out.String(), "from Go's own")
}
