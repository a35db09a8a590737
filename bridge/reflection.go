package bridge

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/wire"
)

// Constants are what the installed reference names.
type Constants struct {
	// Enums has the values of each enum by their Python names:
	// Enums["ToolChoiceEnum"]["auto"] is "auto".
	Enums map[string]map[string]any `json:"enums"`
	// Exceptions has the names of the bases of each class in mistral_common.exceptions.
	Exceptions map[string][]string `json:"exceptions"`
}

// Constants asks the installed reference for its enums and exceptions.
func (rt *Runtime) Constants(ctx context.Context) (Constants, error) {
	return do(ctx, rt, constantsCall())
}

// ConstantsAsync is Constants as a future.
func (rt *Runtime) ConstantsAsync(ctx context.Context) *async.Future[Constants] {
	return start(ctx, rt, constantsCall())
}

// Schemas are the JSON schemas of one of the reference's classes, for what it reads
// and for what it writes. Where pydantic makes none, it is {"error": its exception}.
type Schemas struct {
	Validation    json.RawMessage `json:"validation"`
	Serialization json.RawMessage `json:"serialization"`
}

// Schemas asks the installed reference for the schemas of its own types, by the names
// of their classes. Equals model_json_schema(mode=…) of each.
func (rt *Runtime) Schemas(ctx context.Context) (map[string]Schemas, error) {
	return do(ctx, rt, schemasCall())
}

// SchemasAsync is Schemas as a future.
func (rt *Runtime) SchemasAsync(ctx context.Context) *async.Future[map[string]Schemas] {
	return start(ctx, rt, schemasCall())
}

func constantsCall() call[Constants] {
	return reading(argumentsCall(runtimeHeader(wire.OpConstants), "constants", &jsonenc.Encoder{}), value[Constants])
}

func schemasCall() call[map[string]Schemas] {
	return reading(argumentsCall(runtimeHeader(wire.OpSchemas), "schemas", &jsonenc.Encoder{}), value[map[string]Schemas])
}
