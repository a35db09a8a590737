// Package telemetry exports Prometheus metrics, of a server or of a run of mtok bulk, on a registry of their own, and
// OpenTelemetry traces where an exporter is configured. Neither carries any content of
// a request.
//
// Labels are resolved before the first request: the methods of what Routes.Route
// returns look nothing up.
package telemetry
