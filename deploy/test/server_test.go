package deploy

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	request "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/job"
	"k8s.io/kubernetes/pkg/registry/core/configmap"
	"k8s.io/kubernetes/pkg/registry/core/service"
	"k8s.io/kubernetes/pkg/registry/core/serviceaccount"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"

	"k8s.io/apimachinery/pkg/runtime/serializer"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
)

// strategies are how an API server treats a new object of a kind: its defaults are in, it
// is prepared and validated.
func strategies() map[string]rest.RESTCreateStrategy {
	return map[string]rest.RESTCreateStrategy{
		"ConfigMap":               configmap.Strategy,
		"Deployment":              deployment.Strategy,
		"HorizontalPodAutoscaler": horizontalpodautoscaler.Strategy,
		"Job":                     job.Strategy,
		"NetworkPolicy":           networkpolicy.Strategy,
		"PodDisruptionBudget":     poddisruptionbudget.Strategy,
		"Service":                 service.Strategy,
		"ServiceAccount":          serviceaccount.Strategy,
	}
}

// accept does with a stream of manifests what an API server does with each that is created
// with strict field validation, and returns them as their API version has them, by kind.
func accept(manifests []byte) (map[string]runtime.Object, error) {
	codecs := serializer.NewCodecFactory(legacyscheme.Scheme, serializer.EnableStrict)
	ctx := request.WithNamespace(context.Background(), "default")
	accepted := map[string]runtime.Object{}
	documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(manifests)))
	for {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return accepted, nil
		}
		if err != nil {
			return nil, err
		}
		versioned, kind, err := codecs.UniversalDeserializer().Decode(text, nil, nil)
		if err != nil {
			return nil, err
		}
		strategy, known := strategies()[kind.Kind]
		if !known {
			return nil, fmt.Errorf("no strategy for %s; there are those of %s", kind, strings.Join(slices.Sorted(maps.Keys(strategies())), ", "))
		}
		internal, _, err := codecs.UniversalDecoder().Decode(text, nil, nil)
		if err != nil {
			return nil, err
		}
		meta, err := meta.Accessor(internal)
		if err != nil {
			return nil, err
		}
		rest.FillObjectMetaSystemFields(meta)
		ctx := request.WithRequestInfo(ctx, &request.RequestInfo{
			IsResourceRequest: true, Verb: "create", APIGroup: kind.Group, APIVersion: kind.Version, Namespace: "default",
		})
		if err := rest.BeforeCreate(strategy, ctx, internal); err != nil {
			return nil, err
		}
		if warnings := strategy.WarningsOnCreate(ctx, internal); len(warnings) > 0 {
			return nil, fmt.Errorf("%s: %s", kind, strings.Join(warnings, "; "))
		}
		if accepted[kind.Kind] != nil {
			return nil, fmt.Errorf("%s twice: tests look them up by kind", kind)
		}
		accepted[kind.Kind] = versioned
	}
}
