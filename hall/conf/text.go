package conf

import (
	"fmt"

	"hallpulse/hall"
)

// catalogue holds every text of this package, by code. Verbs are the same, in the same order, in both languages.
var catalogue = map[string]hall.Text{
	"too_large":     {ZH: "文件有 %d 字节，最多 %d 字节", EN: "the file has %d bytes, at most %d"},
	"too_many":      {ZH: "文件内容超过 %d 项", EN: "the file has more than %d keys and values"},
	"too_deep":      {ZH: "嵌套超过 %d 层", EN: "nested deeper than %d levels"},
	"not_yaml":      {ZH: "不是正确的 YAML：%v", EN: "not valid YAML: %v"},
	"alias":         {ZH: "不允许使用锚点、别名和合并键", EN: "anchors, aliases and merge keys are not allowed"},
	"tag":           {ZH: "不允许使用类型标签", EN: "type tags are not allowed"},
	"more":          {ZH: "还有 %d 个错误未列出", EN: "%d more problems are not listed"},
	"unknown_key":   {ZH: "未知的键", EN: "unknown key"},
	"did_you_mean":  {ZH: "是否应为 %s？", EN: "did you mean %s?"},
	"known_keys":    {ZH: "可用的键：%s", EN: "known keys: %s"},
	"remove_key":    {ZH: "请删除这一行", EN: "remove it"},
	"duplicate_key": {ZH: "重复的键，第一次出现在第 %d 行", EN: "the key is there twice, first in line %d"},
	"key_text":      {ZH: "键必须是文字", EN: "a key must be text"},
	"missing":       {ZH: "缺少必填项", EN: "required, but missing"},
	"add_key":       {ZH: "请添加 %s", EN: "add %s"},
	"null":          {ZH: "没有值", EN: "has no value"},
	"give_value":    {ZH: "请填写值，或删除这一行", EN: "give a value or remove the key"},
	"want":          {ZH: "类型错误：需要%s", EN: "wrong type: %s wanted"},
	"below":         {ZH: "太小，最小为 %s", EN: "too small, at least %s"},
	"above":         {ZH: "太大，最大为 %s", EN: "too large, at most %s"},
	"short":         {ZH: "长度不足，至少 %s", EN: "too short, at least %s"},
	"long":          {ZH: "过长，至多 %s", EN: "too long, at most %s"},
	"not_one_of":    {ZH: "不是允许的值", EN: "not an allowed value"},
	"one_of":        {ZH: "可选：%s", EN: "one of: %s"},
	"leading_zero":  {ZH: "数字前不要写 0", EN: "write the number without a leading zero"},
	"unit":          {ZH: "请写单位，例如 10s、5m、1h30m", EN: "write a unit, e.g. 10s, 5m, 1h30m"},
	"refused":       {ZH: "无法识别：%v", EN: "not understood: %v"},
	"secret_file":   {ZH: "无法读取密钥文件：%v", EN: "the secret's file cannot be read: %v"},
	"secret_form":   {ZH: "请写文字，或写成 {file: 路径}", EN: "write text, or {file: path}"},
	"unsupported":   {ZH: "程序错误：不支持类型 %s", EN: "error of the program: type %s is not supported"},
}

// names are the words for types in messages.
var names = map[string]hall.Text{
	"map":      {ZH: "键值表", EN: "a map of keys"},
	"list":     {ZH: "列表", EN: "a list"},
	"text":     {ZH: "文字", EN: "text"},
	"bool":     {ZH: " true 或 false", EN: "true or false"},
	"int":      {ZH: "整数", EN: "a whole number"},
	"float":    {ZH: "数字", EN: "a number"},
	"duration": {ZH: "时长", EN: "a duration"},
	"secret":   {ZH: "密钥", EN: "a secret"},
}

// say gives the text of a code with its arguments.
func say(code string, args ...any) hall.Text { return Say(catalogue[code], args...) }

// Say fills the verbs of a text, in both languages; an argument that is a hall.Text is put in by language.
func Say(t hall.Text, args ...any) hall.Text {
	if len(args) == 0 {
		return t
	}
	zh, en := make([]any, len(args)), make([]any, len(args))
	for i, a := range args {
		zh[i], en[i] = a, a
		if t, ok := a.(hall.Text); ok {
			zh[i], en[i] = t.ZH, t.EN
		}
	}
	return hall.Text{ZH: fmt.Sprintf(t.ZH, zh...), EN: fmt.Sprintf(t.EN, en...)}
}

// DidYouMean is the mend for a word that is not one of known: the nearest one, else the list of them.
func DidYouMean(word string, known []string) hall.Text {
	if near, ok := Nearest(word, known); ok {
		return say("did_you_mean", near)
	}
	if len(known) == 0 {
		return hall.Text{}
	}
	return say("one_of", list(known))
}
