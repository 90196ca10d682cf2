import { setFlagsFromString } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { boundedRegExp } from './bounded-regexp.ts'

setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks')

describe("a stranger's regular expression", () => {
  const harmless: readonly (readonly [source: string, flags: string, text: string, matched: string])[] = [
    ['([0-9]{1,3}\\.){3}[0-9]{1,3}', '', 'at 10.96.0.1!', '10.96.0.1'],
    ['hello [a-c]+[^x]', 'i', 'say HELLO aBc!', 'HELLO aBc!'],
    ['\\bwarn\\S*', 'i', 'a Warning here', 'Warning'],
    ['(a|b)\\1', '', 'abba', 'bb'],
    ['x{20}', '', 'x'.repeat(21), 'x'.repeat(20)],
  ]
  it.each(harmless)('%s with "%s" in "%s"', (source, flags, text, matched) => {
    expect(boundedRegExp(source, flags).exec(text)?.[0]).toBe(matched)
  })

  it.each(['(a+)+$', '(a|aa)+$', '(x?){9}(a?){9}(a*)*b', '([a-z]+)*\\d'])('%s ends soon', (source) => {
    for (const flags of ['', 'i', 'g']) expect(boundedRegExp(source, flags).test(`${'a'.repeat(3000)}!`)).toBe(false)
  })

  it.each(['^(a{1,30}){1,30}$', '((a{5})*){5}', '(a*)*\\1b', '(?=a)b', '(?<x>a)', 'a'.repeat(20_000)])('%s is refused', (source) => {
    expect(() => boundedRegExp(source)).toThrow(/too big|Invalid preceding/)
  })
})
