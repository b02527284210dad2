package conf

import "strings"

// Nearest gives the word of known that a person most likely meant by word; ok is false where none is near.
func Nearest(word string, known []string) (near string, ok bool) {
	if len(word) > MaxNearest {
		return "", false
	}
	plain := fold(word)
	best := max(1, len([]rune(plain))/3) + 1
	for _, k := range known {
		if d := distance([]rune(plain), []rune(fold(k))); d < best && d < len([]rune(plain)) {
			best, near, ok = d, k, true
		}
	}
	return near, ok
}

// MaxNearest is the longest word, in bytes, for which a near one is looked for.
const MaxNearest = 64

// fold makes words equal that differ by case and by their dashes.
func fold(s string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
}

// distance counts insertions, deletions, replacements and swaps of neighbours between two words.
func distance(a, b []rune) int {
	older, old, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := range a {
		now[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			now[j+1] = min(old[j+1]+1, now[j]+1, old[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				now[j+1] = min(now[j+1], older[j-1]+1)
			}
		}
		older, old, now = old, now, older
	}
	return old[len(b)]
}

// maxListed is how many words a message lists.
const maxListed = 20

// list joins words for a message.
func list(words []string) string {
	if len(words) > maxListed {
		return strings.Join(words[:maxListed], ", ") + ", …"
	}
	return strings.Join(words, ", ")
}
