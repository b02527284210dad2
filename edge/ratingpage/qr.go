package ratingpage

import (
	"fmt"

	"rsc.io/qr"
)

// Code gives the QR code of a window's page, PNG, to be printed and put up there. url is where telephones reach the server.
func Code(url, key string) ([]byte, error) {
	c, err := qr.Encode(url+"/"+key, qr.M)
	if err != nil {
		return nil, fmt.Errorf("ratingpage: code: %w", err)
	}
	c.Scale = 8
	return c.PNG(), nil
}
