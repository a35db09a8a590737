// Package image builds the container images of deploy with the real builder, and runs them as the
// manifests say. Its tests need root and some gigabytes, and the tag image: see the Makefile.
package image
