// Command typecheck checks the types of packages and of all that they import for other systems, from their
// sources. Building them says the same and takes ten times as long, since it also makes code that nobody runs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"golang.org/x/tools/go/packages"
)

func main() {
	dir := flag.String("dir", ".", "the `directory` of the module")
	flag.Parse()
	for _, system := range flag.Args() {
		checked, faults, err := check(*dir, system)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", system, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %d packages\n", system, checked)
		if faults > 0 {
			os.Exit(1)
		}
	}
}

// check loads the packages for a system, without cgo, prints what is wrong with them and returns how much that is.
func check(dir, system string) (checked, faults int, err error) {
	found, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports |
			packages.NeedDeps | packages.NeedTypes | packages.NeedSyntax,
		Dir: dir,
		Env: append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0"),
	}, "./...")
	if err != nil {
		return 0, 0, err
	}
	if len(found) == 0 {
		return 0, 0, errors.New("there is no package")
	}
	return len(found), packages.PrintErrors(found), nil
}
