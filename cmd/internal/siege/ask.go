//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// ask sends a request and reads all of the answer, of which it returns the length.
func ask(ctx context.Context, c *http.Client, address, method, path string, body []byte) (int, int64, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, bytes.NewReader(body))
	if err != nil {
		return 0, 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return 0, 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, n, err
}

// largest is the size of an answer of gRPC that is taken.
const largest = 1 << 30

func dial(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largest), grpc.MaxCallSendMsgSize(largest)))
}

// statusOf is the status of HTTP that says what one of gRPC does.
func statusOf(err error) (int, error) {
	switch status.Code(err) {
	case codes.OK:
		return http.StatusOK, nil
	case codes.InvalidArgument:
		return http.StatusBadRequest, nil
	case codes.NotFound:
		return http.StatusNotFound, nil
	case codes.ResourceExhausted:
		for _, detail := range status.Convert(err).Details() {
			if _, ok := detail.(*errdetails.RetryInfo); ok {
				return http.StatusTooManyRequests, nil
			}
		}
		return http.StatusRequestEntityTooLarge, nil // or its answer is
	case codes.Unavailable:
		return http.StatusServiceUnavailable, nil
	case codes.Internal:
		// llm-d's service has this for all that the reference refuses, and says so.
		if strings.Contains(status.Convert(err).Message(), "maximum context length") {
			return http.StatusBadRequest, nil
		}
	}
	return 0, fmt.Errorf("gRPC: %w", err)
}
