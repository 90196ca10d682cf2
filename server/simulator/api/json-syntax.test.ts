import { describe, expect, it } from 'vitest'
import { jsonMistake } from './json-syntax.ts'

describe('what is no JSON is refused in the words of Go', () => {
  it.each([
    ['', 'unexpected end of JSON input'],
    [' \n', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['{"a":01}', "invalid character '1' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{"a":1}}', "invalid character '}' after top-level value"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1e+', 'unexpected end of JSON input'],
  ])('%j', (text, words) => {
    expect(jsonMistake(text)).toBe(words)
  })

  it.each(['{}', '[]', ' {"a":[1,-0.5e+3,{"b":null}],"c":"\\u00e9\\n"} ', 'true', '0'])('and %j is none', (text) => {
    expect(jsonMistake(text)).toBeUndefined()
  })
})
