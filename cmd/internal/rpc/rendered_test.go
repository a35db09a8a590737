package rpc

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	"github.com/mistralbridge/mistralbridge/bridge/refserver"
)

const answered = `{"request_id":"chatcmpl-id","token_ids":[],"token_offsets":null,"features":{"mm_hashes":{"image":["ab","cd"]},` +
	`"mm_placeholders":{"image":[{"offset":4,"length":3},{"offset":9,"length":2}]},"kwargs_data":{"image":["AAAA",null]}},"model":"m"}`

// vLLM says where images are; both services pass it on.
func TestReadRendered_features(t *testing.T) {
	at := len(`{"request_id":"chatcmpl-id","token_ids":`)
	list, err := readRendered(&refserver.Response{Status: 200, Head: []byte(answered[:at]), Tail: []byte(answered[at+2:]), Tokens: []int32{1, 2}})
	require.NoError(t, err)
	require.Len(t, list, 1)
	assert.Equal(t, []int32{1, 2}, list[0].TokenIDs)
	assert.Equal(t, "chatcmpl-id", list[0].RequestID)
	assert.Equal(t, "m", list[0].Model)
	assert.Equal(t, answered, string(list[0].text))

	typed := list[0].Features.proto()
	assert.Equal(t, []string{"ab", "cd"}, typed.GetMmHashes()["image"].GetValues())
	require.Len(t, typed.GetMmPlaceholders()["image"].GetRanges(), 2)
	assert.Equal(t, int32(9), typed.GetMmPlaceholders()["image"].GetRanges()[1].GetOffset())
	assert.Equal(t, int32(2), typed.GetMmPlaceholders()["image"].GetRanges()[1].GetLength())

	llmd := list[0].Features.llmd()
	assert.Equal(t, []string{"ab", "cd"}, llmd.GetMmHashes()["image"].GetValues())
	require.Len(t, llmd.GetMmPlaceholders()["image"].GetRanges(), 2)
	assert.Equal(t, int32(4), llmd.GetMmPlaceholders()["image"].GetRanges()[0].GetOffset())
	assert.Equal(t, int32(3), llmd.GetMmPlaceholders()["image"].GetRanges()[0].GetLength())
}

func TestReadRendered_errors(t *testing.T) {
	for i, s := range []*refserver.Response{
		{Status: 200, Head: []byte(`{"token_ids":`)},
		{Status: 200, Head: []byte(`[{"token_ids":`), Tail: []byte(`},{}]`), Tokens: []int32{1}},
		{Status: 200},
	} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			_, err := readRendered(s)
			require.Error(t, err)
			assert.Equal(t, codes.Internal, explain(t.Context(), err).code)
			assert.Equal(t, "Internal server error.", explain(t.Context(), err).message)
		})
	}
	for status, want := range map[int]codes.Code{
		400: codes.InvalidArgument, 404: codes.NotFound, 413: codes.ResourceExhausted, 422: codes.InvalidArgument, 429: codes.ResourceExhausted,
		500: codes.Internal, 501: codes.Unimplemented, 503: codes.Unavailable, 504: codes.DeadlineExceeded, 401: codes.Unauthenticated,
	} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			_, err := readRendered(&refserver.Response{Status: status, Head: []byte(`{"error":{"message":"words","type":"T","param":"p","code":1}}`)})
			f := explain(t.Context(), err)
			assert.Equal(t, want, f.code)
			assert.Equal(t, "words", f.message)
			assert.Equal(t, "T", f.metadata["type"])
			assert.Equal(t, "p", f.metadata["param"])
		})
	}
	_, err := readRendered(&refserver.Response{Status: 422, Head: []byte(`{"detail":[]}`)})
	assert.Equal(t, `{"detail":[]}`, explain(t.Context(), err).message)
}
