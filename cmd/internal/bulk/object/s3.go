package object

import (
	"net/url"
	"os"

	_ "gocloud.dev/blob/s3blob" // s3://
)

const pathStyle = "use_path_style"

// withPathStyle has the bucket in the path where S3 is not Amazon's: a name for each bucket is what few of the others have.
func withPathStyle(u *url.URL) {
	query := u.Query()
	if u.Scheme != "s3" || query.Has(pathStyle) || query.Has("s3ForcePathStyle") || !hasEndpoint(query.Get("endpoint")) {
		return
	}
	query.Set(pathStyle, "true")
	u.RawQuery = query.Encode()
}

// endpointVariables name a service other than Amazon's.
var endpointVariables = []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"}

func hasEndpoint(query string) bool {
	if query != "" {
		return true
	}
	for _, name := range endpointVariables {
		if os.Getenv(name) != "" {
			return true
		}
	}
	return false
}
