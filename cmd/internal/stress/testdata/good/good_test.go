package good

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestGood(t *testing.T) {
	if _, err := os.Stat("good_test.go"); err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("STRESS_TEST_HANGS"); path != "" {
		if err := exec.Command(os.Args[0], "-test.run=TestChild").Start(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
	}
}

func TestChild(*testing.T) {
	if os.Getenv("STRESS_TEST_HANGS") != "" {
		time.Sleep(time.Hour)
	}
}
