// Package telemetry is what a server tells of itself: Prometheus metrics on a registry of
// their own, and OpenTelemetry traces where an exporter is configured. Nothing in it
// carries a request's content.
//
// What is observed for each request is resolved beforehand: Routes.Route gives a value
// whose methods look nothing up.
package telemetry
