package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// asset is a static file in memory; its tag is a hash of its content.
type asset struct {
	data []byte
	mime string
	tag  string
}

type assets struct{ files map[string]asset }

// loadAssets reads every file once. Pages name files with their tag, so browsers may keep them for ever.
func loadAssets(dir fs.FS) (*assets, error) {
	a := &assets{files: map[string]asset{}}
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		a.files[name] = asset{data, mimeOf(name), hex.EncodeToString(sum[:6])}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("web: static files: %w", err)
	}
	return a, nil
}

// mimeOf does not ask the machine's own table for the types that matter.
func mimeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".md", "":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// url gives a file's address with its tag.
func (a *assets) url(name string) string {
	return "/static/" + name + "?v=" + a.files[name].tag
}

func (s *Server) static(c *fiber.Ctx) error {
	f, ok := s.assets.files[strings.TrimPrefix(c.Path(), "/static/")]
	if !ok {
		return notFound("path", "")
	}
	etag := `"` + f.tag + `"`
	c.Set(fiber.HeaderETag, etag)
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if c.Query("v") == f.tag {
		c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	}
	if c.Get(fiber.HeaderIfNoneMatch) == etag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.mime)
	return c.Send(f.data)
}
