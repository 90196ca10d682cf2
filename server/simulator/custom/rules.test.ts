import { describe, expect, it } from 'vitest'
import { compileError } from './cel.ts'
import { parseJsonPath } from './json-path.ts'
import { validateRuleTexts } from './rule-texts.ts'
import { validateRules } from './rules.ts'
import type { JsonValue } from '../resources/object.ts'
import type { Rule, Structural } from './structural.ts'

const text: Structural = { type: 'string' }
const thing: Structural = {
  type: 'object',
  properties: {
    'names': { type: 'array', items: text },
    'sizes': { type: 'array', items: { type: 'integer' } },
    'memory': text,
    'address': text,
    'when': { type: 'string', format: 'date-time' },
    'labels': { type: 'object', additionalProperties: text },
    'parts': { type: 'array', items: { type: 'object', properties: { name: text, count: { type: 'integer' } } } },
    'namespace': text,
    'max-size': { type: 'integer' },
    'ratio': { type: 'number' },
    'any': { 'x-kubernetes-int-or-string': true },
  },
}
const value = {
  'names': ['a', 'b'],
  'sizes': [1, 2, 3],
  'memory': '1Gi',
  'address': '10.0.0.7',
  'when': '2026-01-02T03:04:05Z',
  'labels': { tier: 'web' },
  'parts': [{ name: 'x', count: 2 }],
  'namespace': 'n',
  'max-size': 3,
  'ratio': 0.5,
  'any': 5,
}

describe('a rule', () => {
  it.each([
    'self.names.all(n, n.matches("^[a-z]$"))',
    'self.sizes.sum() == 6 && self.sizes.max() == 3 && self.sizes.isSorted()',
    'self.names.indexOf("b") == 1',
    'quantity(self.memory).isGreaterThan(quantity("512Mi"))',
    'isIP(self.address) && ip(self.address).family() == 4 && cidr("10.0.0.0/8").containsIP(self.address)',
    'self.when.getFullYear() == 2026',
    'self.labels["tier"] == "web" && "tier" in self.labels && !("x" in self.labels)',
    'self.parts.exists_one(p, p.count == 2)',
    'self.parts[0] == self.parts[0]',
    'has(self.names) && size(self.names) == 2',
    'self.__namespace__ == "n" && self.max__dash__size == 3',
    'self.ratio < 1.0',
    'type(self.any) == int ? self.any > 1 : self.any == "x"',
    '"a-b".find("[a-z]$") == "b" && "%s=%d".format(["x", 1]) == "x=1"',
    '!has(self.nothing) || true',
    'url("https://u:p@example.com:8443/a%20b?q=1&q=2&r").getHost() == "example.com:8443"',
    'url("https://example.com:8443/a%20b?q=1&q=2").getQuery()["q"] == ["1", "2"] && url("/a").getEscapedPath() == "/a"',
    'url("http://[::1]:80/").getHostname() == "::1" && url("http://a/").getPort() == "" && !isURL("a b") && isURL("/x")',
    'sets.contains([1, 2, 3], self.sizes) && sets.intersects(self.names, ["b", "z"]) && sets.equivalent([1, 1], [1])',
    'ip("127.0.0.1").isLoopback() && ip("::").isUnspecified() && ip("fe80::1").isLinkLocalUnicast() && ip(self.address).isGlobalUnicast()',
    'ip.isCanonical("::1") && !ip.isCanonical("0:0:0:0:0:0:0:1") && ip("::0:1") == ip("::1") && string(ip("2001:db8:0:0:1:0:0:1")) == "2001:db8::1:0:0:1"',
    'cidr("2001:db8::/32").containsIP("2001:db8::1") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16") && !cidr("10.0.0.0/8").containsCIDR("10.0.0.0/7")',
    'string(cidr("10.1.2.3/8").masked()) == "10.0.0.0/8" && cidr("10.0.0.0/8").prefixLength() == 8 && isCIDR("::/0") && !isCIDR("1/2")',
    'semver("1.10.0").isGreaterThan(semver("1.9.0")) && semver("1.0.0-rc.1").isLessThan(semver("1.0.0")) && semver("v1.2", true).patch() == 0',
    'isSemver("1.2.3-a+b") && !isSemver("1.2") && isSemver("v01.2", true) && semver("1.0.0-alpha.2").compareTo(semver("1.0.0-alpha.10")) == -1',
    '!format.dns1123Label().validate("web-1").hasValue() && format.dns1123Label().validate("Web").value()[0].contains("RFC 1123")',
    '!format.dns1123LabelPrefix().validate("web-").hasValue() && format.named("uuid").hasValue() && !format.named("x").hasValue()',
    'self.names.all(i, n, i == 0 ? n == "a" : n == "b") && self.names.exists(i, n, i == 1) && self.sizes.existsOne(i, n, n == 2)',
    'self.names.transformList(i, n, "%d%s".format([i, n])) == ["0a", "1b"] && self.sizes.transformList(i, n, n > 1, n * 2) == [4, 6]',
    'self.labels.all(k, v, k == "tier" && v == "web") && self.labels.transformMap(k, v, k + v)["tier"] == "tierweb"',
    'self.parts.all(i, p, self.names.exists(j, n, j >= i && p.name == "x"))',
  ])('%s holds', (rule) => {
    const one = { rule }
    expect(rule.includes('nothing') ? undefined : compileError(thing, one, rule, 'bool', false)).toBeUndefined()
    expect(errors(one, value)).toEqual([])
  })

  it.each([
    ['self.missing == 1', "undefined field 'missing'"],
    ['other == 1', "undeclared reference to 'other' (in container '')"],
    ['self.memory + 1 == 2', "found no matching overload for '_+_' applied to '(string, int)'"],
  ])('%s does not compile', (rule, words) => {
    expect(compileError(thing, { rule }, rule, 'bool', false)).toContain(words)
  })

  it('that loops in loops through lists without bounds is refused', () => {
    const rules = (rule: string, maxItems?: number) =>
      validateRuleTexts(
        {
          type: 'object',
          properties: { a: { type: 'array', items: text, ...(maxItems && { maxItems }) } },
          'x-kubernetes-validations': [{ rule }],
        },
        'schema',
        false,
      )
    const twice = 'self.a.all(x, self.a.exists(y, x == y))'
    expect(rules('self.a.all(x, x != "")')).toEqual([])
    expect(rules(twice, 100)).toEqual([])
    expect(rules(twice).map(({ message }) => message)[0]).toContain(
      'Forbidden: estimated rule cost exceeds budget by factor of more than 100x',
    )
  })

  it('says what it says when it fails: its message, the one that it makes, or itself', () => {
    expect(errors({ rule: 'size(self.names) > 5', message: 'too few' }, value)).toEqual(['<nil>: Invalid value: "object": too few'])
    expect(errors({ rule: 'size(self.names) > 5', messageExpression: '"only " + string(size(self.names))' }, value)).toEqual([
      '<nil>: Invalid value: "object": only 2',
    ])
    expect(errors({ rule: 'size(self.names) > 5', reason: 'FieldValueRequired', fieldPath: '.names' }, value)).toEqual([
      'names: Required value: failed rule: size(self.names) > 5',
    ])
    expect(errors({ rule: 'self.memory == "x"' }, {})).toEqual([
      '<nil>: Invalid value: "object": no such key: memory evaluating rule: self.memory == "x"',
    ])
  })

  it('about a change counts only where something was before, unless it says that nothing may have been', () => {
    const grows = { rule: 'self.sizes.size() >= oldSelf.sizes.size()', message: 'may not shrink' }
    expect(errors(grows, { sizes: [] })).toEqual([])
    expect(errors(grows, { sizes: [] }, value)).toHaveLength(1)
    const optional = { rule: 'oldSelf.hasValue() || self.sizes.size() == 1', optionalOldSelf: true, message: 'begins with one' }
    expect([errors(optional, value), errors(optional, value, value)]).toEqual([['<nil>: Invalid value: "object": begins with one'], []])
  })
})

describe('a JSON path', () => {
  const object = {
    spec: { hosts: ['a', 'b'], 'dotted.key': 1 },
    status: {
      conditions: [
        { type: 'Ready', status: 'True' },
        { type: 'Old', status: 'False' },
      ],
    },
  }
  it.each([
    ['.spec.hosts[0]', ['a']],
    ['.spec.hosts[*]', ['a', 'b']],
    ['.spec.hosts[-1]', ['b']],
    ['.spec.dotted\\.key', [1]],
    [".spec['dotted.key']", [1]],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    ['.status.nothing.at.all', []],
  ])('%s finds %j', (path, found) => {
    expect(parseJsonPath(path)?.(object)).toEqual(found)
  })

  it.each(['spec', '.a[', '.a[?(x)]', '..'])('%s is none', (path) => {
    expect(parseJsonPath(path)).toBeUndefined()
  })
})

function errors(rule: Rule, self: JsonValue, old?: JsonValue): string[] {
  return validateRules({ ...thing, 'x-kubernetes-validations': [rule] }, self, old, '', false).map(
    ({ field, message }) => `${field}: ${message}`,
  )
}
