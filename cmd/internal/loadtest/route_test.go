package loadtest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRoute_tokens(t *testing.T) {
	for _, c := range []struct {
		route, answer string
		want          int
	}{
		{"tokenize", `{"count":4,"max_model_len":4096,"tokens":[1,3,8101,4],"token_strs":null}`, 4},
		{"tokenize", `{"count": 2, "tokens": [1, 3], "token_strs": ["a", "b", "c"]}`, 2},
		{"tokenize", `{"count":0,"tokens":[ ]}`, 0},
		{"tokenize", `{"tokens":[7]}`, 1},
		{"tokenize", `{"error":{"message":"no"}}`, -1},
		{"tokenize", `{"tokens":null,"list":[1]}`, -1},
		{"tokenize", `{"tokens":[1,2`, -1},
		{"render", `{"request_id":"x","token_ids":[1,3,4],"stop":[],"n":[1,2,3,4,5]}`, 3},
		{"mistral", `[1,3,8101,4]`, 4},
		{"mistral", `{"detail":[1,2]}`, -1},
		{"mistral", ``, -1},
	} {
		t.Run(c.route, func(t *testing.T) {
			r, err := FindRoute(c.route)
			require.NoError(t, err)
			assert.Equal(t, c.want, r.count([]byte(c.answer)), c.answer)
		})
	}
	_, err := FindRoute("nothing")
	assert.EqualError(t, err, `there is no route "nothing"; there are tokenize, render, mistral`)
}
