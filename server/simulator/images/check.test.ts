import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readImages } from './check.ts'

const shipped = new URL('../../../manifests/simulator/images/', import.meta.url)

describe('reading image descriptions', () => {
  it.each(readdirSync(shipped).filter((name) => name.endsWith('.yaml')))('accepts our own %s', (name) => {
    expect(readImages(readFileSync(new URL(name, shipped), 'utf8'), name).length).toBeGreaterThan(0)
  })

  it('accepts what its documentation begins with', () => {
    const text = readFileSync(new URL('../images.md', shipped), 'utf8')
    expect(said(/```yaml\n(names: .*?)```/s.exec(text)?.[1] ?? '')).toBe('')
  })

  const good = 'names: [acme/shop]\ntags: [v1]\nsize: 9Mi\nuserland: none\n'
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'a field that does not exist, with the one that was meant',
      `${good}programms: []\n`,
      'x.yaml:5:1: programms: there is no such field. Did you mean programs?',
    ],
    [
      'one deep inside',
      `${good}programs:\n  - names: [a]\n    listens:\n      - port: 80\n        http:\n          routs: []\n`,
      'x.yaml:10:11: programs.0.listens.0.http.routs: there is no such field. Did you mean routes?',
    ],
    [
      'a word that is not one of those allowed',
      good.replace('none', 'alpin'),
      'x.yaml:4:1: userland: Invalid option: expected one of "busybox"|"alpine"|"debian"|"none" Did you mean alpine?',
    ],
    ['what is missing', 'names: [a]\nsize: 1Mi\nuserland: none\n', 'x.yaml:1:1: tags: is missing.'],
    [
      'a number out of range',
      `${good}programs:\n  - names: [a]\n    listens: [{port: 99999}]\n`,
      'x.yaml:7:16: programs.0.listens.0.port: Too big: expected number to be <=65535',
    ],
    ['a size in no unit', good.replace('9Mi', 'big'), 'x.yaml:3:1: size: '],
    ['what is not YAML', 'names: [a\ntags: x', 'x.yaml:2:1: This is not YAML: '],
    ['an empty file', '', 'x.yaml:1:1: '],
  ]
  it.each(cases)('names file, line and column of %s', (_, text, expected) => {
    expect(said(text)).toContain(expected)
  })

  it('reads several images from one file, and says every mistake of all of them', () => {
    expect(readImages(`${good}---\n${good}`, 'x.yaml')).toHaveLength(2)
    expect(said(`${good}a: 1\n---\n${good}b: 1\n`).split('\n')).toHaveLength(2)
  })
})

function said(text: string): string {
  try {
    readImages(text, 'x.yaml')
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : ''
  }
}
