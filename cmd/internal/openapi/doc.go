// Package openapi makes the OpenAPI document of `mtok serve`.
//
// What the routes take and answer is described by the reference's own pydantic models,
// which validate it; see bridge.Tokenizer.ServeSchemas. What the server adds (limits, keys,
// probes) is described here.
package openapi
