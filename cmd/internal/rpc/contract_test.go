package rpc_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// testdata/llmd.txt is llm-d's contract, one line a method and a field: what crosses. It was
// listed from its api/tokenizerpb/tokenizer.proto.
func TestLLMD_contract(t *testing.T) {
	want, err := os.ReadFile("testdata/llmd.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), listing(tokenization.File_tokenization_tokenization_proto))
}

// testdata/mistralbridge.v1.txt is the typed service's: a line may come, none may change.
func TestTyped_contract(t *testing.T) {
	want, err := os.ReadFile("testdata/mistralbridge.v1.txt")
	require.NoError(t, err)
	assert.Equal(t, string(want), listing(v1.File_mistralbridge_v1_tokenizer_proto))
}

func listing(file protoreflect.FileDescriptor) string {
	var out []string
	for i := range file.Services().Len() {
		s := file.Services().Get(i)
		for i := range s.Methods().Len() {
			m := s.Methods().Get(i)
			out = append(out, fmt.Sprintf("%s (%s%s) %s%s", m.FullName(),
				streamed(m.IsStreamingClient()), m.Input().FullName(), streamed(m.IsStreamingServer()), m.Output().FullName()))
		}
	}
	var messages func(list protoreflect.MessageDescriptors)
	messages = func(list protoreflect.MessageDescriptors) {
		for i := range list.Len() {
			m := list.Get(i)
			for i := range m.Fields().Len() {
				f := m.Fields().Get(i)
				kind := f.Kind().String()
				if f.Message() != nil {
					kind = string(f.Message().FullName())
				}
				if f.HasOptionalKeyword() {
					kind = "optional " + kind
				}
				out = append(out, fmt.Sprintf("%s = %d %s %s packed=%v", f.FullName(), f.Number(), f.Cardinality(), kind, f.IsPacked()))
			}
			messages(m.Messages())
		}
	}
	messages(file.Messages())
	slices.Sort(out)
	return strings.Join(out, "\n") + "\n"
}

func streamed(yes bool) string {
	if yes {
		return "stream "
	}
	return ""
}
