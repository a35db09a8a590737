package rpc_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/mistralbridge/mistralbridge/internal/routes"
	v1 "github.com/mistralbridge/mistralbridge/proto/mistralbridge/v1"
	"github.com/mistralbridge/mistralbridge/proto/tokenization"
)

// without are the methods that no route of HTTP is like.
var without = []string{
	"mistralbridge.v1.TokenizerService/Tokenize", "mistralbridge.v1.TokenizerService/TokenizeChat",
	"mistralbridge.v1.TokenizerService/TokenizeStream", "mistralbridge.v1.TokenizerService/Detokenize",
	"tokenization.TokenizationService/RenderChatTemplate", "tokenization.TokenizationService/InitializeTokenizer",
}

// The methods that the table of routes names are there and described, and every method is a route's or known to be none's.
func TestRoutes_methods(t *testing.T) {
	page, err := os.ReadFile("../../../docs/grpc.md")
	require.NoError(t, err)
	named := slices.Clone(without)
	for _, r := range routes.Table {
		for _, method := range r.GRPC {
			t.Run(r.Name, func(t *testing.T) {
				_, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.ReplaceAll(method, "/", ".")))
				require.NoError(t, err)
				_, name, _ := strings.Cut(method, "/")
				assert.True(t, strings.Contains(string(page), "`"+name+"`"), "docs/grpc.md does not describe %s", name)
			})
			named = append(named, method)
		}
	}
	for _, file := range []protoreflect.FileDescriptor{v1.File_mistralbridge_v1_tokenizer_proto, tokenization.File_tokenization_tokenization_proto} {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for i := range service.Methods().Len() {
				full := string(service.FullName()) + "/" + string(service.Methods().Get(i).Name())
				assert.Contains(t, named, full, "say in internal/routes which route it is like, or here that none is")
			}
		}
	}
}
