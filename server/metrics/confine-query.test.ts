import { describe, expect, it } from 'vitest'
import { confineQuery, isConfined } from './confine-query.ts'

describe('a query is confined to one cluster', () => {
  it.each([
    ['up', 'up{cluster="me"}'],
    ['up{}', 'up{cluster="me"}'],
    ['up{job="x"}', 'up{job="x",cluster="me"}'],
    ['up{job="x",}', 'up{job="x",cluster="me"}'],
    ['up{ job = "x" , }', 'up{ job = "x" , cluster="me"}'],
    ['{__name__=~".+"}', '{__name__=~".+",cluster="me"}'],
    ['up{cluster="other"}', 'up{cluster="other",cluster="me"}'],
    ['up{cluster=~".*"}', 'up{cluster=~".*",cluster="me"}'],
    ['rate(a:b[5m])', 'rate(a:b{cluster="me"}[5m])'],
    ['rate(a{x="y"}[5m] offset 1h)', 'rate(a{x="y",cluster="me"}[5m] offset 1h)'],
    ['max_over_time(rate(a[1m])[5m:30s] @ end())', 'max_over_time(rate(a{cluster="me"}[1m])[5m:30s] @ end())'],
    ['a @ 1700000000', 'a{cluster="me"} @ 1700000000'],
    ['sum by (cluster) (a) / on (cluster) group_left b', 'sum by (cluster) (a{cluster="me"}) / on (cluster) group_left b{cluster="me"}'],
    ['a unless b or c', 'a{cluster="me"} unless b{cluster="me"} or c{cluster="me"}'],
    ['label_replace(a, "x", "$1", "y", "(.*)}{")', 'label_replace(a{cluster="me"}, "x", "$1", "y", "(.*)}{")'],
    ['a{b="} or up{c=\\""}', 'a{b="} or up{c=\\"",cluster="me"}'],
    ["a{b='}'}", 'a{b=\'}\',cluster="me"}'],
    ['a{b=`\\`}', 'a{b=`\\`,cluster="me"}'],
    ['{"my.metric", b="c"}', '{"my.metric", b="c",cluster="me"}'],
    ['absent(nothing)', 'absent(nothing{cluster="me"})'],
    ['-a ^ 2', '-a{cluster="me"} ^ 2'],
    ['time() - 5', 'time() - 5'],
    ['count_values("cluster", a)', 'count_values("cluster", a{cluster="me"})'],
    ['on', undefined],
    ['sum', 'sum{cluster="me"}'],
  ])('%s', (query, expected) => {
    const confined = confineQuery(query, 'me')
    expect(confined.ok ? confined.query : undefined).toBe(expected)
    if (confined.ok) expect(isConfined(confined.query, 'me')).toBe(true)
  })

  it('does not let a comment hide a selector, however its line ends', () => {
    for (const end of ['\n', '\r', '\r\n']) {
      const confined = confineQuery(`up # x${end}+ down`, 'me')
      expect(confined.ok && confined.query.replaceAll(/ +/g, ' ')).toBe('up{cluster="me"} + down{cluster="me"}')
    }
    expect(confineQuery('up{a="#"}', 'me')).toEqual({ ok: true, query: 'up{a="#",cluster="me"}' })
  })

  it('refuses what it does not wholly understand', () => {
    for (const query of ['up{', 'up}', 'sum(', 'a{b="c}', 'a{b=c}', 'up up', '"\n" or up', 'up\u00a0', 'a{b="\\', 'up\u0000', '']) {
      expect(confineQuery(query, 'me'), query).toMatchObject({ ok: false })
    }
  })

  it('knows a query that is not confined', () => {
    for (const query of [
      'up',
      'up{cluster="you"}',
      'up{cluster=~"me"}',
      'up{cluster!="me"}',
      'up{cluster="me"} + up',
      'a{b="cluster=\\"me\\""}',
    ]) {
      expect(isConfined(query, 'me'), query).toBe(false)
    }
  })
})
