package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"hallpulse/hall"
	"hallpulse/hub/app"
	"hallpulse/hub/auth"
)

// admin gives a command the data folder of its configuration.
func admin(do func(ctx context.Context, a *app.Admin, o options, s streams) error) action {
	return func(ctx context.Context, o options, s streams) (err error) {
		c, err := app.Load(o.config)
		if err != nil {
			return err
		}
		if err := owned(c.DataDir); err != nil {
			return err
		}
		a, err := app.OpenAdmin(ctx, c)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, a.Close()) }()
		return do(ctx, a, o, s)
	}
}

func addAccount(ctx context.Context, a *app.Admin, o options, s streams) error {
	account := auth.Account{Name: o.name, Role: auth.Role(o.role), Lang: o.lang}
	for _, id := range strings.FieldsFunc(o.halls, func(c rune) bool { return c == ',' }) {
		if !hall.HallID(id).Valid() {
			return fmt.Errorf("hallpulse-hub: %q is not a hall's id: a-z, 0-9 and -", id)
		}
		account.Halls = append(account.Halls, hall.HallID(id))
	}
	if o.lang != "" && o.lang != "zh" && o.lang != "en" {
		return fmt.Errorf("hallpulse-hub: no language %q; write zh or en", o.lang)
	}
	password, err := secret(s, "password")
	if err != nil {
		return err
	}
	return a.AddAccount(ctx, account, password)
}

func setPassword(ctx context.Context, a *app.Admin, o options, s streams) error {
	password, err := secret(s, "password")
	if err != nil {
		return err
	}
	return a.SetPassword(ctx, o.name, password)
}

func disableAccount(ctx context.Context, a *app.Admin, o options, _ streams) error {
	return a.DisableAccount(ctx, o.name, !o.enable)
}

func enrol(ctx context.Context, a *app.Admin, o options, s streams) error {
	credential, err := a.Enrol(ctx, hall.HallID(o.hall))
	if err != nil {
		return err
	}
	return printed(s.out, credential)
}

func revoke(ctx context.Context, a *app.Admin, o options, _ streams) error {
	return a.Revoke(ctx, hall.HallID(o.hall))
}

func addToken(ctx context.Context, a *app.Admin, o options, s streams) error {
	if o.given {
		token, err := secret(s, "token")
		if err != nil {
			return err
		}
		return a.AddGivenToken(ctx, o.name, o.account, token, o.life)
	}
	token, err := a.AddToken(ctx, o.name, o.account, o.life)
	if err != nil {
		return err
	}
	return printed(s.out, token)
}

func removeToken(ctx context.Context, a *app.Admin, o options, _ streams) error {
	return a.DeleteToken(ctx, o.name)
}

func backup(ctx context.Context, a *app.Admin, o options, _ streams) error {
	return a.Backup(ctx, o.to)
}
