package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestOpenAPIDescribesEveryRoute walks the routes and the document: neither may have one that the other lacks.
func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	var doc struct {
		OpenAPI string                               `json:"openapi"`
		Paths   map[string]map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(openapiDocument, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("openapi is %q", doc.OpenAPI)
	}
	described := map[string]bool{}
	for path, methods := range doc.Paths {
		for method := range methods {
			described[strings.ToUpper(method)+" "+path] = true
		}
	}
	served := map[string]bool{}
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, r := range newBench(t, nil).app.GetRoutes(true) {
		if strings.HasPrefix(r.Path, "/api/") && (r.Method == "GET" || r.Method == "POST" || r.Method == "PUT" || r.Method == "DELETE" || r.Method == "PATCH") {
			served[r.Method+" "+parameter.ReplaceAllString(r.Path, "{$1}")] = true
		}
	}
	for r := range served {
		if !described[r] {
			t.Errorf("%s is served and not described", r)
		}
	}
	for r := range described {
		if !served[r] {
			t.Errorf("%s is described and not served", r)
		}
	}
}

// TestOpenAPIDescribesFailures: every operation can be asked without an identity, with another method, or at a bad moment.
func TestOpenAPIDescribesFailures(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]any `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(openapiDocument, &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, operation := range methods {
			for _, answer := range []string{"200", "401", "405", "default"} {
				if operation.Responses[answer] == nil {
					t.Errorf("%s %s does not describe %s", strings.ToUpper(method), path, answer)
				}
			}
		}
	}
}

func TestOpenAPIReferencesResolve(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(openapiDocument, &doc); err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"\$ref": ?"#/([^"]+)"`).FindAllSubmatch(openapiDocument, -1) {
		at := any(doc)
		for _, step := range strings.Split(string(m[1]), "/") {
			node, ok := at.(map[string]any)
			if !ok || node[step] == nil {
				t.Errorf("#/%s leads nowhere", m[1])
				break
			}
			at = node[step]
		}
	}
	if c, ok := doc["components"].(map[string]any); !ok || len(slices.Collect(maps.Keys(c))) == 0 {
		t.Error("no components")
	}
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}
