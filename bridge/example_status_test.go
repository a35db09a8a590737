package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/mistralbridge/mistralbridge/bridge"
	"github.com/mistralbridge/mistralbridge/bridge/bundled"
)

// What a server answers when a call fails: the status follows from the error, and the text of
// an error that is not the caller's stays in the log.
func Example_httpStatus() {
	ctx := context.Background()
	rt, err := bridge.Open(ctx, bridge.WithDistribution(bundled.Python()))
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close(ctx)
	tok, err := rt.Load(ctx, bridge.Shipped("v3"))
	if err != nil {
		log.Fatal(err)
	}

	handler := func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client has gone
		}
		n, err := tok.CountJSON(r.Context(), body)
		switch status := bridge.HTTPStatus(err); {
		case err == nil:
			fmt.Fprintln(w, n)
		case errors.Is(err, bridge.ErrInvalidRequest):
			http.Error(w, err.Error(), status)
		default:
			log.Print(err)
			http.Error(w, http.StatusText(status), status)
		}
	}
	for _, body := range []string{
		`{"messages": [{"role": "user", "content": "Hello"}]}`,
		`{"messages": [{"role": "assistant", "content": "Hello"}]}`,
	} {
		w := httptest.NewRecorder()
		handler(w, httptest.NewRequest(http.MethodPost, "/count", strings.NewReader(body)))
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 4
	// 400 count: mistral_common.exceptions.InvalidMessageStructureException: Conversation must start with a user message or system message
}
