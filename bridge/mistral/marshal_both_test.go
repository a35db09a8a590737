package mistral_test

import (
	"go/token"
	"go/types"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What can be unmarshalled can be marshalled, as a value: otherwise encoding/json writes
// Go's field names, and reads nothing of them again.
func TestMarshalJSON_ofValues(t *testing.T) {
	pkg, err := compiled(t, token.NewFileSet()).Import(module + "/bridge/mistral")
	require.NoError(t, err)
	found := 0
	for _, name := range pkg.Scope().Names() {
		typ, ok := pkg.Scope().Lookup(name).(*types.TypeName)
		if !ok || !typ.Exported() || types.NewMethodSet(types.NewPointer(typ.Type())).Lookup(pkg, "UnmarshalJSON") == nil {
			continue
		}
		found++
		assert.NotNil(t, types.NewMethodSet(typ.Type()).Lookup(pkg, "MarshalJSON"), name)
	}
	assert.GreaterOrEqual(t, found, 29)
}
