// Package mistralbridge carries the locks of the Python packages that the bridge
// runs. The API is in package bridge.
package mistralbridge

import _ "embed"

// Requirements is requirements.txt: every package pinned, with its hashes.
//
//go:embed requirements.txt
var Requirements []byte

// RequirementsVLLM is locks/vllm.txt: the newest vLLM, for Python 3.11 to 3.14.
//
//go:embed locks/vllm.txt
var RequirementsVLLM []byte

// RequirementsVLLM0112 is locks/vllm-0.11.2.txt: vLLM 0.11.2, for Python 3.11 to 3.13.
//
//go:embed locks/vllm-0.11.2.txt
var RequirementsVLLM0112 []byte
