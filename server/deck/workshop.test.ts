import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { loadDeck } from './load-deck.ts'

const root = new URL('../../', import.meta.url)
const workshop = new URL('manifests/workshop/', root)
const { deck, problems, labFolder } = await loadDeck(new URL('slides/kubernetes-monitoring/', root).pathname, root.pathname)

describe('the workshop', () => {
  it('has at least 70 slides, and nothing to complain about', () => {
    expect(deck.slides.length).toBeGreaterThanOrEqual(70)
    expect(problems).toEqual([])
    expect(`${labFolder}/`).toBe(workshop.pathname)
  })

  it('tells the presenter on every slide what to say, and how long it takes', () => {
    const lacking = deck.slides.filter((slide) => !slide.steps.some((step) => /\S[\s\S]*Time: \d+ min/.test(step.notes)))
    expect(lacking.map((slide) => slide.id)).toEqual([])
  })

  it('says at its agenda how long each part takes', () => {
    const parts = [0]
    for (const slide of deck.slides) {
      if (slide.layout === 'section') parts.push(0)
      const minutes = Number(/Time: (\d+) min/.exec(slide.steps.map(({ notes }) => notes).join(' '))?.[1])
      parts.push((parts.pop() ?? 0) + minutes)
    }
    const agenda = deck.slides.find(({ id }) => id === 'agenda')?.steps[0]?.notes ?? ''
    const planned = [...(/Planned, in minutes:(.*)together/.exec(agenda)?.[1] ?? '').matchAll(/\d+/g)].map(Number)
    expect(planned).toEqual([...parts, parts.reduce((sum, part) => sum + part, 0)])
  })

  it('has two hints for every exercise', () => {
    const exercises = deck.slides.filter((slide) => slide.blocks.some((block) => block.kind === 'check'))
    expect(exercises.length).toBe(11)
    for (const { id, steps } of exercises) expect((steps.at(-1)?.html.match(/<details[^>]*class="[^"]*hint/g) ?? []).length, id).toBe(2)
  })

  it('has its images', () => {
    const images = deck.slides.flatMap((slide) =>
      [...(slide.steps.at(-1)?.html ?? '').matchAll(/src="\/slides\/([^"]+)"/g)].map(([, path = '']) => path),
    )
    expect(images.length).toBeGreaterThanOrEqual(8)
    expect(images.filter((path) => !existsSync(new URL(`slides/kubernetes-monitoring/${path}`, root)))).toEqual([])
  })

  it('keeps code to 14 lines of 64 columns', () => {
    const wide = deck.slides.flatMap((slide) =>
      slide.blocks.flatMap((block) =>
        (block.kind === 'command' ? block.source : block.kind === 'query' ? block.queries.join('\n') : '')
          .split('\n')
          .filter((line) => line.length > 64),
      ),
    )
    expect(wide).toEqual([])
    for (const slide of deck.slides)
      for (const block of slide.blocks) if (block.kind === 'command') expect(block.source.split('\n').length).toBeLessThanOrEqual(14)
  })

  it('applies only folders and files that are there', () => {
    const paths = deck.slides.flatMap((slide) =>
      slide.blocks.flatMap((block) =>
        block.kind === 'command' ? [...block.source.matchAll(/(?:apply|delete) -f ([a-z][\w./-]+)/g)].map(([, path = '']) => path) : [],
      ),
    )
    expect(paths.length).toBeGreaterThan(4)
    expect(paths.filter((path) => !existsSync(new URL(path, workshop)))).toEqual([])
  })
})

interface Schema {
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly $ref?: string
}

const { kinds, schemas } = JSON.parse(readFileSync(new URL('manifests/simulator/schemas.json', root), 'utf8')) as {
  kinds: Record<string, string>
  schemas: Record<string, Schema>
}

describe("the workshop's manifests", () => {
  it.each(manifests())('a v1.36 API server takes %s with strict validation', (_, text) => {
    for (const document of parseAllDocuments(text)) {
      expect(document.errors).toEqual([])
      const object = document.toJS() as { apiVersion: string; kind: string }
      const schema = schemas[kinds[`${object.apiVersion}/${object.kind}`] ?? '']
      // The aggregator's own kind may be missing from the facts.
      if (object.kind !== 'APIService') expect(schema, `${object.apiVersion}/${object.kind}`).toBeDefined()
      if (schema) expect(faults(object, schema, '')).toEqual([])
    }
  })

  it('come in an order in which the namespace is first', () => {
    for (const folder of readdirSync(workshop, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
      const texts = readdirSync(new URL(`${folder.name}/`, workshop))
        .toSorted()
        .map((name) => readFileSync(new URL(`${folder.name}/${name}`, workshop), 'utf8'))
      const made = texts.findIndex((text) => /^kind: Namespace$/m.test(text))
      if (made >= 0) expect(made).toBe(0)
    }
  })
})

function manifests(): [string, string][] {
  return readdirSync(workshop, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => [name, readFileSync(new URL(name, workshop), 'utf8')])
}

/** Unknown fields, missing ones and wrong types, each with its path. */
function faults(value: unknown, schema: Schema, path: string): string[] {
  const found = schema.$ref ? schemas[schema.$ref] : schema
  if (!found) return [`${path}: no schema`]
  if (Array.isArray(value))
    return value.flatMap((item, index) => (found.items ? faults(item, found.items, `${path}[${index}]`) : [`${path}: is no list`]))
  if (typeof value === 'object' && value !== null) return objectFaults(Object.entries(value), found, path)
  if (found.enum && !found.enum.includes(value)) return [`${path}: ${String(value)} is not one of ${found.enum.join(', ')}`]
  const wanted: Record<string, string> = { integer: 'number', number: 'number', string: 'string', boolean: 'boolean' }
  const type = wanted[found.type ?? '']
  return type && type !== typeof value && !/quantity|intorstring/i.test(schema.$ref ?? '')
    ? [`${path}: ${typeof value} instead of ${type}`]
    : []
}

function objectFaults(entries: readonly [string, unknown][], schema: Schema, path: string): string[] {
  const missing = (schema.required ?? [])
    .filter((key) => !entries.some(([name]) => name === key))
    .map((key) => `${path}.${key}: is missing`)
  const inside = entries.flatMap(([key, child]) => {
    const own = schema.properties?.[key] ?? (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined)
    if (own) return faults(child, own, `${path}.${key}`)
    return schema.properties ? [`${path}.${key}: unknown field`] : []
  })
  return [...missing, ...inside]
}
