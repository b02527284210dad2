package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"hallpulse/edge/config"
	"hallpulse/edge/ratingpage"
)

// codes writes the QR code of each window's rating page into dir, which is made: <device>.png, to be printed and put up at
// the window.
func codes(c *config.Config, dir string, out io.Writer) error {
	if c.Rating == nil {
		return fmt.Errorf("the configuration has no rating page: add rating (配置中没有评价页面，请添加 rating)")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("codes: %w", err)
	}
	for _, d := range c.Devices {
		if d.Driver != config.RatingPager {
			continue
		}
		url := strings.TrimRight(c.Rating.URL, "/")
		picture, err := ratingpage.Code(url, string(d.ID))
		if err != nil {
			return fmt.Errorf("codes: %s: %w", d.ID, err)
		}
		file := filepath.Join(dir, string(d.ID)+".png")
		if err := os.WriteFile(file, picture, 0o644); err != nil {
			return fmt.Errorf("codes: %w", err)
		}
		if _, err := fmt.Fprintf(out, "%s  %s  %s/%s\n", d.Window, file, url, d.ID); err != nil {
			return fmt.Errorf("codes: %w", err)
		}
	}
	return nil
}
