// Package object reads and writes objects in S3, Google Cloud Storage and Azure Blob Storage by URL: s3://bucket/key,
// gs://bucket/key, azblob://container/key. Credentials, regions and endpoints are those that the providers' own tools
// take from the environment; the options that gocloud.dev reads from a URL's query may follow the key.
package object
