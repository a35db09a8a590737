package openapi

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mistralbridge/mistralbridge/internal/routes"
)

// named are schemas under names that a reader can use, and those names by pydantic's. Where two models have one name,
// pydantic puts their modules before it (a__b__Name): what remains is the name, with
// mistral_common before it if it is from there, and a number after it if that is taken.
func named(given object) (short map[string]string, defs object) {
	short = map[string]string{}
	taken := map[string]bool{}
	for name := range given {
		if !strings.Contains(name, "__") {
			short[name], taken[name] = name, true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if short[name] != "" {
			continue
		}
		parts := strings.Split(name, "__")
		base := parts[len(parts)-1]
		if mistral := routes.Mistral.String(); parts[0] == mistral {
			base = mistral + "." + base
		}
		free := base
		for n := 2; taken[free]; n++ {
			free = base + "." + strconv.Itoa(n)
		}
		short[name], taken[free] = free, true
	}
	defs = object{}
	for name, schema := range given {
		defs[short[name]] = rebased(schema, short)
	}
	return short, defs
}
