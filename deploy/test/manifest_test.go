package deploy

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func TestManifests_accepted(t *testing.T) {
	for name, dir := range kustomizations() {
		t.Run(name, func(t *testing.T) {
			_, err := accept(built(t, dir))
			assert.NoError(t, err)
		})
	}
}

// Otherwise the test above would prove nothing.
func TestManifests_refused(t *testing.T) {
	good := built(t, kustomizations()["base"])
	for name, c := range map[string]struct{ old, new, want string }{
		"an unknown field":         {"readOnlyRootFilesystem:", "readOnlyRootFileSystem:", "unknown field"},
		"a wrong type":             {"minReplicas: 2", "minReplicas: two", "cannot unmarshal"},
		"a port out of range":      {"containerPort: 8000", "containerPort: 80000", "must be between"},
		"a limit below a request":  {"memory: 2Gi", "memory: 256Mi", "must be less than or equal"},
		"a volume that is not":     {"mountPath: /tmp\n          name: tmp", "mountPath: /tmp\n          name: temp", "Not found"},
		"a selector of other pods": {"matchLabels:\n      app.kubernetes.io/name: mtok\n  strategy", "matchLabels:\n      app.kubernetes.io/name: other\n  strategy", "does not match"},
		"more ready than there":    {"maxReplicas: 10", "maxReplicas: 1", "must be greater than or equal"},
		"an unknown probe port":    {"port: http\n          periodSeconds: 10", "port: HT_TP\n          periodSeconds: 10", "alpha-numeric"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := bytes.Replace(good, []byte(c.old), []byte(c.new), 1)
			require.NotEqual(t, string(good), string(bad), "nothing was replaced")
			_, err := accept(bad)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

// The strictest of the Pod Security Standards, as a namespace can enforce it.
func TestManifests_podSecurity(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for name, dir := range kustomizations() {
		t.Run(name, func(t *testing.T) {
			pod := deploymentOf(t, dir).Spec.Template
			result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec))
			assert.True(t, result.Allowed, result.ForbiddenDetail())
			pod.Spec.HostNetwork = true
			assert.False(t, policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec)).Allowed)
		})
	}
}

func deploymentOf(t *testing.T, dir string) *appsv1.Deployment {
	t.Helper()
	objects, err := accept(built(t, dir))
	require.NoError(t, err)
	require.IsType(t, &appsv1.Deployment{}, objects["Deployment"])
	return objects["Deployment"].(*appsv1.Deployment)
}
