package object

import (
	"context"
	"errors"
	"io"
	"log"
	"net/url"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
	gcaws "gocloud.dev/aws"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"
)

var errNoRegion = errors.New("no region: set AWS_REGION, or give ?region= behind the key")

const pathStyle = "use_path_style"

// openS3 does what blob.OpenBucket does with such a URL, and keeps the client's own lines off the terminal: what they say
// of an error it says too.
func openS3(ctx context.Context, u url.URL) (*blob.Bucket, error) {
	log.SetOutput(io.Discard) // the transfer manager's
	query := u.Query()
	style := hasEndpoint(query.Get("endpoint"))
	if text := query.Get(pathStyle); text != "" {
		var err error
		if style, err = strconv.ParseBool(text); err != nil {
			return nil, err
		}
	}
	query.Del(pathStyle)
	config, err := gcaws.V2ConfigFromURLParams(ctx, query)
	if err != nil {
		return nil, err
	}
	switch {
	case config.Region != "":
	case hasEndpoint(query.Get("endpoint")):
		config.Region = "us-east-1" // what such services take, if they look at it
	default:
		return nil, errNoRegion
	}
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		// A bucket has a name of its own at Amazon; elsewhere it mostly stands in the path.
		o.UsePathStyle = style
		o.Logger = logging.Nop{}
	})
	return s3blob.OpenBucket(ctx, client, u.Host, &s3blob.Options{RequestChecksumCalculation: config.RequestChecksumCalculation})
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
