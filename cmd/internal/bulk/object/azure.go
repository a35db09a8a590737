//go:build azure

package object

import _ "gocloud.dev/blob/azureblob" // azblob://
