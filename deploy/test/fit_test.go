package deploy

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// Each manifest may be good in itself, and yet they may not fit together.
func TestManifests_fitTogether(t *testing.T) {
	for _, name := range []string{"base", "metric", "vllm"} {
		t.Run(name, func(t *testing.T) {
			objects, err := accept(built(t, kustomizations()[name]))
			require.NoError(t, err)
			d := of[*appsv1.Deployment](t, objects)
			pod := d.Spec.Template
			assert.Nil(t, d.Spec.Replicas, "the HorizontalPodAutoscaler says how many")
			assert.Equal(t, of[*corev1.ServiceAccount](t, objects).Name, pod.Spec.ServiceAccountName)
			scaled := of[*autoscalingv2.HorizontalPodAutoscaler](t, objects).Spec.ScaleTargetRef
			assert.Equal(t, autoscalingv2.CrossVersionObjectReference{Kind: "Deployment", Name: d.Name, APIVersion: "apps/v1"}, scaled)

			service := of[*corev1.Service](t, objects)
			network := of[*networkingv1.NetworkPolicy](t, objects)
			selects(t, "the Service", &metav1.LabelSelector{MatchLabels: service.Spec.Selector}, pod.Labels)
			selects(t, "the PodDisruptionBudget", of[*policyv1.PodDisruptionBudget](t, objects).Spec.Selector, pod.Labels)
			selects(t, "the NetworkPolicy", &network.Spec.PodSelector, pod.Labels)
			for _, c := range pod.Spec.TopologySpreadConstraints {
				selects(t, "spreading", c.LabelSelector, pod.Labels)
			}

			ports := portNames(pod.Spec.Containers[0])
			for _, p := range service.Spec.Ports {
				assert.Contains(t, ports, p.TargetPort.StrVal)
			}
			for _, in := range network.Spec.Ingress {
				for _, p := range in.Ports {
					assert.Contains(t, ports, p.Port.StrVal)
				}
			}
		})
	}
}

func of[T runtime.Object](t *testing.T, objects map[string]runtime.Object) T {
	t.Helper()
	for _, o := range objects {
		if found, ok := o.(T); ok {
			return found
		}
	}
	var none T
	require.Failf(t, "not there", "%T", none)
	return none
}

// selects reports whether a selector is for the pods, and not for all pods.
func selects(t *testing.T, who string, s *metav1.LabelSelector, pod map[string]string) {
	t.Helper()
	selector, err := metav1.LabelSelectorAsSelector(s)
	require.NoError(t, err)
	assert.False(t, selector.Empty(), "%s selects all pods of the namespace", who)
	assert.True(t, selector.Matches(labels.Set(pod)), "%s selects others", who)
}

func portNames(c corev1.Container) []string {
	var names []string
	for _, p := range c.Ports {
		names = append(names, p.Name)
	}
	return names
}

// settings are the variables that a container of ours gets, and the container.
func settings(t *testing.T, dir string) (map[string]string, corev1.Container) {
	t.Helper()
	objects, err := accept(built(t, dir))
	require.NoError(t, err)
	spec := of[*appsv1.Deployment](t, objects).Spec.Template.Spec
	for _, c := range append(spec.InitContainers, spec.Containers...) {
		if c.Name != "mtok" {
			continue
		}
		stages, _, _ := parsed(t, recipe(t))
		env := imageOf(t, stages, "mtok").env
		for _, from := range c.EnvFrom {
			config := of[*corev1.ConfigMap](t, objects)
			require.Equal(t, config.Name, from.ConfigMapRef.Name)
			for key, value := range config.Data {
				env[key] = value
			}
		}
		for _, v := range c.Env {
			env[v.Name] = v.Value
		}
		return env, c
	}
	require.Fail(t, "no container mtok")
	return nil, corev1.Container{}
}

func TestManifests_portsAndTimes(t *testing.T) {
	for name, dir := range kustomizations() {
		t.Run(name, func(t *testing.T) {
			env, c := settings(t, dir)
			require.Len(t, c.Ports, 1)
			assert.Equal(t, env["MTOK_SERVE_ADDR"], fmt.Sprintf(":%d", c.Ports[0].ContainerPort))
			for _, p := range []*corev1.Probe{c.StartupProbe, c.ReadinessProbe, c.LivenessProbe} {
				require.NotNil(t, p)
				assert.Equal(t, c.Ports[0].Name, p.HTTPGet.Port.StrVal)
			}
			var longest time.Duration
			for _, variable := range []string{"MTOK_SERVE_DRAIN_DELAY", "MTOK_SERVE_DRAIN_TIMEOUT"} {
				if env[variable] != "" {
					d, err := time.ParseDuration(env[variable])
					require.NoError(t, err)
					longest += d
				}
			}
			assert.Positive(t, longest)
			grace := 30 * time.Second // Kubernetes' own
			if s := deploymentOf(t, dir).Spec.Template.Spec.TerminationGracePeriodSeconds; s != nil {
				grace = time.Duration(*s) * time.Second
			}
			const closing = 5 * time.Second // for Python and the last traces
			assert.GreaterOrEqual(t, grace, longest+closing)
		})
	}
}
