// Package present turns what is known of halls into what people read: words in two languages, levels with shape and
// colour, and rows in the order of attention. It computes no figure of its own: figures are those of hall.State.
package present

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"strings"

	"hallpulse/dashboards/words"
)

// The languages, the default first.
const (
	Chinese = "zh"
	English = "en"
)

// Languages lists them.
func Languages() []string { return []string{Chinese, English} }

// Lang gives a language that exists for any word: the default for an unknown one.
func Lang(s string) string {
	if s == English {
		return English
	}
	return Chinese
}

// Catalog holds every message in every language.
type Catalog struct{ words map[string]map[string]string }

// LoadCatalog reads <lang>.json of every language and adds what devices are and say.
func LoadCatalog(dir fs.FS) (*Catalog, error) {
	c := &Catalog{words: map[string]map[string]string{}}
	for _, lang := range Languages() {
		data, err := fs.ReadFile(dir, lang+".json")
		if err != nil {
			return nil, fmt.Errorf("present: catalogue: %w", err)
		}
		m := map[string]string{}
		if err := json.Unmarshal(data, &m); err != nil {
			return nil, fmt.Errorf("present: catalogue %s: %w", lang, err)
		}
		devices, err := words.Load(lang)
		if err != nil {
			return nil, fmt.Errorf("present: catalogue: %w", err)
		}
		maps.Copy(m, devices)
		c.words[lang] = m
	}
	return c, nil
}

// T gives a message with {0}, {1} … replaced. A key that does not exist is shown as it is.
func (c *Catalog) T(lang, key string, args ...any) string {
	s, ok := c.words[Lang(lang)][key]
	if !ok {
		return key
	}
	for i, a := range args {
		s = strings.ReplaceAll(s, fmt.Sprintf("{%d}", i), fmt.Sprint(a))
	}
	return s
}

// Or gives a message, or the fallback when the key does not exist: for codes that devices of a later version may send.
func (c *Catalog) Or(lang, key, fallback string) string {
	if s, ok := c.words[Lang(lang)][key]; ok {
		return s
	}
	return fallback
}

// Keys lists the keys of a language, in no order.
func (c *Catalog) Keys(lang string) []string {
	keys := make([]string, 0, len(c.words[lang]))
	for k := range c.words[lang] {
		keys = append(keys, k)
	}
	return keys
}

// Plural gives key+".one" for 1 and key otherwise; n is argument 0.
func (c *Catalog) Plural(lang, key string, n int, args ...any) string {
	if n == 1 {
		if _, ok := c.words[Lang(lang)][key+".one"]; ok {
			key += ".one"
		}
	}
	return c.T(lang, key, append([]any{n}, args...)...)
}
