package raw

import (
	"context"
	"encoding/json"

	"github.com/mistralbridge/mistralbridge/async"
	"github.com/mistralbridge/mistralbridge/bridge/internal/jsonenc"
	"github.com/mistralbridge/mistralbridge/bridge/internal/seam"
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
	return seam.Do(ctx, rt.calls, constantsCall())
}

// ConstantsAsync is Constants as a future.
func (rt *Runtime) ConstantsAsync(ctx context.Context) *async.Future[Constants] {
	return seam.Start(ctx, rt.calls, constantsCall())
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
	return seam.Do(ctx, rt.calls, schemasCall())
}

// SchemasAsync is Schemas as a future.
func (rt *Runtime) SchemasAsync(ctx context.Context) *async.Future[map[string]Schemas] {
	return seam.Start(ctx, rt.calls, schemasCall())
}

func constantsCall() seam.Call[Constants] {
	return seam.Call[Constants]{Job: runtimeJob(wire.OpConstants, "constants"), Read: value[Constants]}
}

func schemasCall() seam.Call[map[string]Schemas] {
	return seam.Call[map[string]Schemas]{Job: runtimeJob(wire.OpSchemas, "schemas"), Read: value[map[string]Schemas]}
}

func runtimeJob(op wire.Op, name string) seam.Job {
	return seam.Job{Op: name, Frame: wire.Frame(wire.Header{Op: op, Arg: wire.NoArg}, "")}
}

// value reads a reply as the Go value of its JSON.
func value[T any](r *wire.Reply) (v T, err error) {
	return v, json.Unmarshal(jsonenc.WithoutNonFinite(r.Body, false), &v)
}
