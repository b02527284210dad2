package profile

import "hallpulse/hall"

// The texts of this package. Verbs are the same, in the same order, in both languages.
var (
	textMissing     = hall.Text{ZH: "缺少必填项", EN: "required, but missing"}
	textAdd         = hall.Text{ZH: "请添加 %s", EN: "add %s"}
	textRemove      = hall.Text{ZH: "请删除", EN: "remove it"}
	textPartUnused  = hall.Text{ZH: "%s 部分不使用这一项", EN: "a part %s does not use this"}
	textHeader      = hall.Text{ZH: "第一部分必须是 constant：没有帧头，只有固定长度且带校验的帧才能找到", EN: "the first part must be a constant: without a header only frames of one size with a check can be found"}
	textTwice       = hall.Text{ZH: "%s 部分只能有一个", EN: "there can be one part %s only"}
	textNoPart      = hall.Text{ZH: "帧中没有 %s 部分", EN: "the frame has no part %s"}
	textAddPart     = hall.Text{ZH: "请在 frame 中添加", EN: "add it to frame"}
	textRange       = hall.Text{ZH: "范围颠倒：to 在 from 之前", EN: "the range is upside down: to comes before from"}
	textRangeMend   = hall.Text{ZH: "请交换 from 和 to", EN: "swap from and to"}
	textSelfCheck   = hall.Text{ZH: "校验不能覆盖它自己", EN: "a check cannot cover itself"}
	textShorten     = hall.Text{ZH: "请缩短范围", EN: "shorten the range"}
	textCountsData  = hall.Text{ZH: "长度必须包含 data", EN: "a length must count the data"}
	textWiden       = hall.Text{ZH: "请扩大范围", EN: "widen the range"}
	textLengthLate  = hall.Text{ZH: "长度必须在 data 之前", EN: "a length must come before the data"}
	textMoveUp      = hall.Text{ZH: "请移到 data 之前", EN: "move it before data"}
	textDataLength  = hall.Text{ZH: "不知道 data 到哪里为止", EN: "nothing says where the data ends"}
	textDataMend    = hall.Text{ZH: "请添加 length 部分，或 data 之后的 end 部分，或 size", EN: "add a part length, a part end after the data, or a size"}
	textDataTwo     = hall.Text{ZH: "data 的长度有两种说法", EN: "the length of the data is given in two ways"}
	textDataTwoMend = hall.Text{ZH: "length、end、size 只留一种", EN: "keep one of length, end and size"}
	textEndAfter    = hall.Text{ZH: "end 必须紧接在 data 之后", EN: "an end must come right after the data"}
	textMoveEnd     = hall.Text{ZH: "请移到 data 之后", EN: "move it behind data"}
	textTooLong     = hall.Text{ZH: "整帧可达 %d 字节，至多 %d", EN: "a frame may have %d bytes, at most %d"}
	textSmaller     = hall.Text{ZH: "请减小 max", EN: "make max smaller"}
	textNoFit       = hall.Text{ZH: "长度可达 %d，%s 放不下", EN: "the length may be %d, which %s does not hold"}
	textWider       = hall.Text{ZH: "请换一种编码，或减小 max", EN: "take a wider encoding, or make max smaller"}
	textPrefix      = hall.Text{ZH: "以 %s 开头的结束符永远不会被识别", EN: "is never seen, because it begins with the ending %s"}
	textOnlyDigits  = hall.Text{ZH: "只有 digits 和 hex 使用 size", EN: "only digits and hex have a size"}
	textNeedsSize   = hall.Text{ZH: "%s 需要 size（1 到 %d）", EN: "%s needs a size from 1 to %d"}
	textSize        = hall.Text{ZH: "至多 %d", EN: "at most %d"}

	textCommandNone = hall.Text{ZH: "帧中没有 command 部分", EN: "the frame has no part command"}
	textCommandSize = hall.Text{ZH: "命令必须是 %d 字节", EN: "a command has %d bytes"}
	textEndNone     = hall.Text{ZH: "帧没有这个结束符", EN: "the frame has no such ending"}
	textSame        = hall.Text{ZH: "与 %s 相同", EN: "the same as %s"}
	textChooseElse  = hall.Text{ZH: "请改成另一个", EN: "choose another"}
	textKindUnused  = hall.Text{ZH: "%s 消息不使用这一项", EN: "a message of kind %s does not use this"}
	textKindField   = hall.Text{ZH: "%s 消息没有 %s 字段", EN: "a message of kind %s has no field %s"}
	textNeedsField  = hall.Text{ZH: "%s 消息需要 %s 字段", EN: "a message of kind %s needs a field %s"}
	textFieldTwice  = hall.Text{ZH: "%s 字段只能有一个", EN: "there can be one field %s only"}
	textFieldUnused = hall.Text{ZH: "%s 字段不使用这一项", EN: "a field %s does not use this"}
	textAsUnused    = hall.Text{ZH: "%s 编码不使用这一项", EN: "the encoding %s does not use this"}
	textAsText      = hall.Text{ZH: "%s 必须是数，%s 是文字", EN: "a %s is a whole number, %s is text"}
	textAsMend      = hall.Text{ZH: "例如 u8 或 digits", EN: "take e.g. u8 or digits"}
	textRests       = hall.Text{ZH: "只能有一个字段没有 size", EN: "only one field can be without a size"}
	textGiveSize    = hall.Text{ZH: "请添加 size", EN: "add a size"}
	textTooBig      = hall.Text{ZH: "字段共 %d 字节，data 至多 %d", EN: "the fields have %d bytes, the data at most %d"}
	textFewer       = hall.Text{ZH: "请减少字段，或增大 data 的 max", EN: "shorten the fields, or make data longer"}
	textLevel       = hall.Text{ZH: "%d 不是评价等级", EN: "%d is no level"}
	textLevelMend   = hall.Text{ZH: "等级为 1（非常不满意）到 5（非常满意）", EN: "levels are 1 (very dissatisfied) to 5 (very satisfied)"}
	textSent        = hall.Text{ZH: "设备不可能发送这个值", EN: "no device can send this value"}
	textCopyNone    = hall.Text{ZH: "消息没有 %s 字段", EN: "the message has no field %s"}
	textOneOf       = hall.Text{ZH: "copy 和 bytes 必须且只能写一个", EN: "exactly one of copy and bytes is wanted"}
	textAnswerLong  = hall.Text{ZH: "回复可达 %d 字节数据，data 至多 %d", EN: "the answer may have %d bytes of data, the data at most %d"}
	textAnswerSize  = hall.Text{ZH: "回复有 %d 字节数据，data 总是 %d", EN: "the answer has %d bytes of data, the data always %d"}
	textAnswerMend  = hall.Text{ZH: "请修改回复的 data", EN: "correct the answer's data"}

	textFrameLines        = hall.Text{ZH: "frame 和 lines 只能有一个", EN: "there can be a frame or lines, not both"}
	textFrameLinesMend    = hall.Text{ZH: "请删除其中一个", EN: "remove one of them"}
	textLinesAlone        = hall.Text{ZH: "文本行不能与其他帧混在一条线上", EN: "lines of text cannot share their line with other frames"}
	textLinesStuffing     = hall.Text{ZH: "文本行没有字节填充", EN: "lines of text are not stuffed"}
	textLinesMatch        = hall.Text{ZH: "文本行的消息需要 match", EN: "a message in lines needs a match"}
	textSameHeader        = hall.Text{ZH: "帧头与 %s 相同或互为前缀，无法区分", EN: "the header begins like that of %s: the frames cannot be told apart"}
	textCheckAs           = hall.Text{ZH: "校验只能是原始字节或 hex", EN: "a check is sent as it is, or as hex"}
	textCheckAsMend       = hall.Text{ZH: "请写 as: hex，或删除 as", EN: "write as: hex, or remove as"}
	textStuffingEnds      = hall.Text{ZH: "字节填充的帧必须以 constant 开头并以 constant 结尾", EN: "a stuffed frame begins and ends with a constant"}
	textStuffingEndsMend  = hall.Text{ZH: "请在 frame 首尾添加 constant", EN: "add a constant at both ends of frame"}
	textStuffingByte      = hall.Text{ZH: "必须是一个字节", EN: "must be one byte"}
	textStuffingHow       = hall.Text{ZH: "xor 和 map 必须且只能写一个", EN: "exactly one of xor and map is wanted"}
	textStuffingShown     = hall.Text{ZH: "字节 %s 也必须被替换，否则帧的首尾无法识别", EN: "byte %s must be replaced too, else the ends of a frame cannot be seen"}
	textStuffingShownMend = hall.Text{ZH: "请在 map 中添加", EN: "add it to map"}
	textMatchFields       = hall.Text{ZH: "match 和 fields 只能有一个", EN: "there can be a match or fields, not both"}
	textMatchWhole        = hall.Text{ZH: "无法作为整行匹配：%v", EN: "cannot be used for a whole text: %v"}
	textMatchOnly         = hall.Text{ZH: "只与 match 一起使用", EN: "is used with a match only"}
	textGroup             = hall.Text{ZH: "%s 消息没有 %s 这个分组", EN: "a message of kind %s has no group %s"}
	textGroupNeeded       = hall.Text{ZH: "%s 消息需要分组 %s", EN: "a message of kind %s needs a group %s"}
	textGroupMend         = hall.Text{ZH: "例如 (?P<%s>…)", EN: "e.g. (?P<%s>…)"}
)
