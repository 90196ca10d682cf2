import { describe, expect, it } from 'vitest'
import { alertsOf, ruleGroups } from './rules.ts'
import { expandTemplate } from './template.ts'
import type { Rule } from './rules.ts'

const rule: Rule = { type: 'alerting', name: 'Down', expr: 'up == 0', for: 30, keepFiringFor: 0, labels: {}, annotations: {} }
const times = [0, 15, 30, 45, 60, 75]
const plain = (template: string) => template
const found = (...at: readonly number[]) => [{ metric: { __name__: 'up', job: 'a' }, values: at.map((time) => [time, '0'] as const) }]

describe('an alert', () => {
  it('is pending until its expression has held for as long as the rule says', () => {
    expect(alertsOf(rule, found(60, 75), times, plain)).toMatchObject([{ state: 'pending', activeAt: 60 }])
    expect(alertsOf(rule, found(45, 60, 75), times, plain)).toMatchObject([{ state: 'firing', activeAt: 45, firingAt: 75 }])
    expect(alertsOf({ ...rule, for: 0 }, found(75), times, plain)).toMatchObject([{ state: 'firing', firingAt: 75 }])
  })

  it('begins anew after an evaluation without a value, and is none when the last had none', () => {
    expect(alertsOf(rule, found(0, 15, 30, 45, 75), times, plain)).toMatchObject([{ state: 'pending', activeAt: 75 }])
    expect(alertsOf(rule, found(0, 15, 30, 45, 60), times, plain)).toEqual([])
    expect(alertsOf({ ...rule, keepFiringFor: 60 }, found(0, 15, 30), times, plain)).toMatchObject([{ state: 'firing', activeAt: 0 }])
  })

  it('has the labels of its series and its rule, without the metric’s name', () => {
    const [alert] = alertsOf({ ...rule, labels: { severity: 'page', job: '' } }, found(75), times, plain)
    expect(alert?.labels).toEqual({ alertname: 'Down', severity: 'page' })
  })
})

describe('rule files', () => {
  it('are read by group, and one that Prometheus would not load has none', () => {
    const good = 'groups: [{name: g, rules: [{alert: A, expr: up, for: 1m}, {record: "a:b", expr: 1}]}]'
    const files = new Map([
      ['/good.yml', good],
      ['/both.yml', 'groups: [{name: h, rules: [{alert: A, record: b, expr: up}]}]'],
      ['/broken.yml', 'groups: ['],
    ])
    expect(ruleGroups(files)).toMatchObject([
      {
        name: 'g',
        file: '/good.yml',
        rules: [
          { type: 'alerting', name: 'A', for: 60 },
          { type: 'recording', name: 'a:b', expr: '1' },
        ],
      },
    ])
  })
})

describe('a template of an alert', () => {
  it.each([
    ['{{ $labels.app }} fails {{ $value | humanizePercentage }}', 'cart fails 12.35%'],
    ['{{$labels.none}}|{{ .Labels.app | toUpper }}', '|CART'],
    ['{{ printf "%.1f" $value }}/{{ $value | printf "%.3f" }}', '0.1/0.123'],
    ['{{ humanizeDuration $value }}', '123.5ms'],
    ['{{ range query "up" }}', '{{ range query "up" }}'],
  ])('%s', (template, expected) => {
    expect(expandTemplate(template, { app: 'cart' }, '0.12345')).toBe(expected)
  })

  it('scales numbers as people read them', () => {
    const humanize = (value: string) => expandTemplate('{{ $value | humanize }} {{ $value | humanize1024 }}', {}, value)
    expect(humanize('1234567')).toBe('1.235M 1.177Mi')
    expect(humanize('0.0042')).toBe('4.2m 0.0042')
    expect(expandTemplate('{{ $value | humanizeDuration }}', {}, '3725')).toBe('1h 2m 5s')
  })
})
