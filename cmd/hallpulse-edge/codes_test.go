package main

import (
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRatingCodes(t *testing.T) {
	head := fmt.Sprintf(minimal, 0, t.TempDir())
	with := written(t, head+`rating: {url: "http://192.0.2.5:8390/"}
windows: [{id: w1, name: {zh: 一号窗口}}]
devices:
  - {id: qr-1, driver: rating-page, window: w1}
`)
	dir := filepath.Join(t.TempDir(), "codes")
	code, out, errs := called(t.Context(), "--config", with, "--rating-codes", dir)
	if code != 0 || !strings.Contains(out, "http://192.0.2.5:8390/qr-1") {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	f, err := os.Open(filepath.Join(dir, "qr-1.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if p, err := png.Decode(f); err != nil || p.Bounds().Dx() < 200 {
		t.Errorf("%v, %v", p, err)
	}
	code, _, errs = called(t.Context(), "--config", written(t, head), "--rating-codes", dir)
	if code != exitFailed || !strings.Contains(errs, "add rating") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
