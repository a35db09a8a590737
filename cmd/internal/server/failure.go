package server

import (
	"strconv"
	"time"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
	"github.com/mistralbridge/mistralbridge/cmd/internal/engine"
)

// refuse answers in the words of the route's reference.
func (x *exchange) refuse(f engine.Failure) {
	if f.RetryAfter > 0 {
		x.w.Header()["Retry-After"] = []string{strconv.Itoa(int((f.RetryAfter + time.Second - 1) / time.Second))}
	}
	x.json(f.Status, string(refserver.ErrorBody{Status: f.Status, Message: f.Message}.JSON(refserver.Route(x.route.Code))))
}

func failed(code string, status int, message string) engine.Failure {
	return engine.Failure{Code: code, Status: status, Message: message}
}
