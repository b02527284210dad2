package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"hallpulse/hub/app"
)

func printed(w io.Writer, line string) error {
	_, err := fmt.Fprintln(w, line)
	return err
}

// table prints rows under a head.
func table(w io.Writer, head string, rows func(line func(format string, args ...any))) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(tw, format+"\n", args...) } // Flush tells of errors
	line("%s", head)
	rows(line)
	return tw.Flush()
}

// day gives a time as lists show it.
func day(t time.Time, zero string) string {
	if t.IsZero() {
		return zero
	}
	return t.Local().Format(time.DateTime)
}

func listAccounts(ctx context.Context, a *app.Admin, _ options, s streams) error {
	list, err := a.Accounts(ctx)
	if err != nil {
		return err
	}
	return table(s.out, "NAME\tROLE\tHALLS\tSTATE", func(line func(string, ...any)) {
		for _, x := range list {
			state := "active"
			if x.Disabled {
				state = "disabled"
			}
			line("%s\t%s\t%v\t%s", x.Name, x.Role, x.Halls, state)
		}
	})
}

func listGateways(ctx context.Context, a *app.Admin, _ options, s streams) error {
	list, err := a.Gateways(ctx)
	if err != nil {
		return err
	}
	return table(s.out, "HALL\tENROLLED\tLAST BIRTH", func(line func(string, ...any)) {
		for _, x := range list {
			line("%s\t%s\t%s", x.Hall, day(x.Created, "-"), day(x.LastSeen, "never"))
		}
	})
}

func listTokens(ctx context.Context, a *app.Admin, _ options, s streams) error {
	list, err := a.Tokens(ctx)
	if err != nil {
		return err
	}
	return table(s.out, "NAME\tACCOUNT\tMADE\tGOOD UNTIL", func(line func(string, ...any)) {
		for _, x := range list {
			line("%s\t%s\t%s\t%s", x.Name, x.Account, day(x.Created, "-"), day(x.Expires, "taken away"))
		}
	})
}
