// Package object reaches what lies in S3, Google Cloud Storage and Azure Blob Storage by its URL: s3://bucket/key,
// gs://bucket/key, azblob://container/key. Credentials, regions and endpoints are those that the providers' own tools
// take from the environment; what gocloud.dev reads of a URL's query may stand behind the key.
package object
