import { expect, it } from 'vitest'
import { readPattern } from './pattern.ts'

it('is found anywhere, its ^ and $ at a line’s beginning and end', () => {
  expect(readPattern('^web .*Running$').found('NAME STATUS\nweb 1/1 Running\n')).toBe(true)
  expect(readPattern('^1/1').found('web 1/1')).toBe(false)
  expect(readPattern('Ⅷ.😀|ä').found('x Ⅷ–😀')).toBe(true)
})

it.each(['(a+)+$', '(a|a)*$', String.raw`^(\w+\s?)*$`])('%s takes no longer than its text is long', (source) => {
  const began = performance.now()
  readPattern(source).found(`${'a'.repeat(20_000)}!`)
  expect(performance.now() - began).toBeLessThan(2000)
})

it.each([
  ['(a', /missing closing \)/],
  ['(?=a)b', /\(\?=/],
  [String.raw`(a)\1`, /\\1/],
  ['((a{100}){100}){100}', /repeat count/],
])('%s is refused, and it says why', (source, why) => {
  expect(() => readPattern(source)).toThrow(why)
})
