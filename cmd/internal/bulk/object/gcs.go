//go:build gcs

package object

import _ "gocloud.dev/blob/gcsblob" // gs://
