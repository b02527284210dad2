package escpos

import "hallpulse/hall"

// The texts of this package.
var (
	textNoGroup   = hall.Text{ZH: "缺少括号：不知道要取哪一段", EN: "has no group: nothing says which part is meant"}
	textGroupMend = hall.Text{ZH: "请用 ( ) 括起要取的部分", EN: "put what is meant in ( )"}
)
