package present

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"time"
)

// Renderer executes templates. A set exists for each language, so a template says {{t "key"}} and nothing of languages.
type Renderer struct {
	cat  *Catalog
	sets map[string]*template.Template
}

// NewRenderer parses every template of dir (*.html) for every language.
func NewRenderer(dir fs.FS, cat *Catalog) (*Renderer, error) {
	r := &Renderer{cat: cat, sets: map[string]*template.Template{}}
	for _, lang := range Languages() {
		set, err := template.New("").Funcs(funcs(cat, lang)).ParseFS(dir, "*.html")
		if err != nil {
			return nil, fmt.Errorf("present: templates: %w", err)
		}
		r.sets[lang] = set
	}
	return r, nil
}

// Render executes a named template.
func (r *Renderer) Render(name, lang string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := r.sets[Lang(lang)].ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("present: render %s: %w", name, err)
	}
	return b.Bytes(), nil
}

func funcs(cat *Catalog, lang string) template.FuncMap {
	return template.FuncMap{
		"lang": func() string { return lang },
		"t":    func(key string, args ...any) string { return cat.T(lang, key, args...) },
		"tn":   func(key string, n int, args ...any) string { return cat.Plural(lang, key, n, args...) },
		"tor":  func(key, fallback string) string { return cat.Or(lang, key, fallback) },
		"rfc":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"pair": func(a, b any) map[string]any { return map[string]any{"A": a, "B": b} },
		"pct": func(part, whole int) int {
			if whole <= 0 {
				return 0
			}
			return part * 100 / whole
		},
	}
}
