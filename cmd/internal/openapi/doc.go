// Package openapi makes the OpenAPI document of `mtok serve`.
//
// The schemas of requests and answers come from the reference's own pydantic models,
// which also validate them; see refserver.Server.Schemas. What the server adds
// (limits, keys, probes) is described here.
package openapi
