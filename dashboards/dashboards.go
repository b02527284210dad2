// Package dashboards holds what people see as files: page templates, styles, scripts and message catalogues. They travel
// inside the program: the network of a county is closed and there is no build step.
package dashboards

import (
	"embed"
	"io/fs"
)

//go:embed templates messages static
var files embed.FS

// Templates gives the page templates.
func Templates() fs.FS { return sub("templates") }

// Messages gives the catalogues, one file a language: zh.json, en.json.
func Messages() fs.FS { return sub("messages") }

// Static gives what browsers load: styles, scripts, vendored libraries with their licences.
func Static() fs.FS { return sub("static") }

// sub cannot fail: the directories are embedded above.
func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic("dashboards: " + err.Error())
	}
	return f
}
