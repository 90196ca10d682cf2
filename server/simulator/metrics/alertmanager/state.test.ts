import { describe, expect, it } from 'vitest'
import { alertmanagerConfig, matcherOf, matches, receiversOf } from './state.ts'

describe('an Alertmanager’s configuration', () => {
  const config = alertmanagerConfig(`
route:
  receiver: nobody
  group_by: [alertname]
  routes:
    - {matchers: ['severity="page"'], receiver: on-call, continue: true}
    - {matchers: ['{severity=~"page|ticket", team!="shop"}'], receiver: desk, group_by: [app]}
    - {match: {old: 'yes'}, receiver: old}
receivers: [{name: nobody}, {name: on-call}, {name: desk}, {name: old}]
`)
  const told = (labels: Readonly<Record<string, string>>) => receiversOf(config, labels).map(({ receiver }) => receiver)

  it('says who is told of an alert: the deepest route that fits, and more where it says to go on', () => {
    expect(told({ alertname: 'A' })).toEqual(['nobody'])
    expect(told({ severity: 'page' })).toEqual(['on-call', 'desk'])
    expect(told({ severity: 'page', team: 'shop' })).toEqual(['on-call'])
    expect(told({ old: 'yes' })).toEqual(['old'])
    expect(receiversOf(config, { severity: 'ticket' })).toEqual([{ receiver: 'desk', groupBy: ['app'] }])
  })

  it('is nothing at all when it cannot be read', () => {
    expect(alertmanagerConfig('route: [')).toMatchObject({ receivers: [] })
  })
})

it.each([
  ['a="b"', { a: 'b' }, true],
  ['a!="b"', { a: 'b' }, false],
  ['a=~"b|c"', { a: 'c' }, true],
  ['a=~b', { a: 'bb' }, false],
  ['a!~"b.*"', {}, true],
  ['a=~"("', { a: '(' }, false],
] as const)('the matcher %s of %o', (text, labels, expected) => {
  const matcher = matcherOf(text)
  expect(matcher && matches(matcher, labels)).toBe(expected)
})
