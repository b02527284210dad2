package store

import "strings"

// insertSteps are how many rows one statement takes: a statement costs about as much as three rows.
var insertSteps = [...]int{32, 8, 1}

// table describes the insertion of many rows of one table.
type table struct {
	cols int
	text [len(insertSteps)]string
}

// newTable describes "INSERT INTO <name and columns> VALUES … <tail>".
func newTable(into string, tail string) *table {
	t := &table{cols: strings.Count(into, ",") + 1}
	row := "(?" + strings.Repeat(",?", t.cols-1) + ")"
	for i, n := range insertSteps {
		t.text[i] = "INSERT INTO " + into + " VALUES " + row + strings.Repeat(","+row, n-1) + " " + tail
	}
	return t
}

// insert stores n rows; bind fills the columns of row i.
func (t *tx) insert(into *table, n int, bind func(row []any, i int) error) error {
	args := make([]any, insertSteps[0]*into.cols)
	for done := 0; done < n; {
		step := 0
		for insertSteps[step] > n-done {
			step++
		}
		rows := insertSteps[step]
		for i := range rows {
			if err := bind(args[i*into.cols:(i+1)*into.cols], done+i); err != nil {
				return err
			}
		}
		if err := t.exec(into.text[step], args[:rows*into.cols]...); err != nil {
			return err
		}
		done += rows
	}
	return nil
}
