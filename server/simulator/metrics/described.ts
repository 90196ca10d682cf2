import { z } from 'zod'
import { noise } from '../images/seeded.ts'
import { histogramSamples, usualBounds } from './families.ts'
import type { Family, Labels, Sample } from './exposition.ts'

const Amounts = z.record(z.string(), z.number()).default({})

/** How the numbers of one family come about: a line of `manifests/simulator/metrics/*.yaml`, explained in the README there. */
const DescribedFamily = z.strictObject({
  type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
  help: z.string(),
  each: z.record(z.string(), z.union([z.string(), z.array(z.string())])).default({}),
  over: z.string().optional(),
  rows: z
    .array(z.strictObject({ labels: z.record(z.string(), z.string()), value: z.number().default(0), per: Amounts.optional() }))
    .optional(),
  /** Only of the first combination of `each`. */
  first: Amounts.optional(),
  value: z.union([z.number(), z.literal(Infinity)]).default(0),
  per: Amounts,
  mean: z.number().default(0),
  bounds: z.array(z.number()).default([...usualBounds]),
})
type DescribedFamily = z.output<typeof DescribedFamily>

/** A page's families by name, as they are written down. */
export type DescribedPage = { readonly [name: string]: unknown }

/** The descriptions of pages, by file name without its ending: a kubelet's, the API server's, and those of programs (`BuiltInPage`). */
export interface DescribedPages {
  readonly 'go': DescribedPage
  readonly 'kubelet': DescribedPage
  readonly 'api-server': DescribedPage
  readonly 'cadvisor': DescribedPage
  readonly [program: string]: DescribedPage
}

export type Facts = Readonly<Record<string, number>>

/** Something of which a page has a series each: a stored resource, a container. */
export interface Member {
  readonly labels: Labels
  readonly facts: Facts
}

interface Row {
  readonly labels: Labels
  readonly value: number
  readonly per: readonly (readonly [fact: string, amount: number])[]
  /** How much of it this one has, as series that differ in their labels do. */
  readonly weight: number
}

interface Prepared {
  readonly name: string
  readonly family: DescribedFamily
  readonly rows: readonly Row[]
}

const prepared = new WeakMap<DescribedPage, readonly Prepared[]>()

/** Reads a page's description, once. @throws ZodError that names the family */
function prepare(page: DescribedPage): readonly Prepared[] {
  const known = prepared.get(page)
  if (known) return known
  const read = z.record(z.string(), DescribedFamily).parse(page)
  const made = Object.entries(read).map(([name, family]): Prepared => ({ name, family, rows: rowsOf(name, family) }))
  prepared.set(page, made)
  return made
}

function rowsOf(name: string, { type, each, rows, first, value, per }: DescribedFamily): readonly Row[] {
  if (rows) return rows.map((row) => ({ labels: row.labels, value: row.value, per: Object.entries(row.per ?? {}), weight: 1 }))
  let combinations: Labels[] = [{}]
  for (const [label, values] of Object.entries(each))
    combinations = combinations.flatMap((so) => [values].flat().map((text) => ({ ...so, [label]: text })))
  return combinations.map((labels, index) => ({
    labels,
    value,
    per: Object.entries(index === 0 && first ? { ...per, ...first } : per),
    weight: combinations.length > 1 && type !== 'gauge' ? 0.4 + 1.2 * noise(name, index) : 1,
  }))
}

/**
 * The families of a page whose numbers follow from facts. Counters never go down as long as the facts they are made of do not.
 * @param facts what the page is about: `second` since the start, `pod`s … @param members of what `over` names @param without those that are counted elsewhere
 */
export function describedFamilies(
  page: DescribedPage,
  facts: Facts,
  members: Readonly<Record<string, readonly Member[]>> = {},
  without: ReadonlySet<string> = new Set(),
): Family[] {
  return prepare(page).flatMap(({ name, family, rows }): Family[] => {
    if (without.has(name)) return []
    const { type, help, over } = family
    const samples =
      over === undefined
        ? rows.flatMap((row) => samplesOf(name, family, row, facts))
        : (members[over] ?? []).flatMap((member) =>
            rows.flatMap((row) =>
              samplesOf(name, family, { ...row, labels: together(member.labels, row.labels) }, { ...facts, ...member.facts }),
            ),
          )
    return [{ name, help, type, samples }]
  })
}

/** The same labels are the same object, so that they are written as text once. */
const together = (member: Labels, own: Labels): Labels => (Object.keys(own).length === 0 ? member : { ...member, ...own })

/** What is measured in these has parts. */
const measured = /(?:seconds|ratio|percent|bytes|utilization|seats|age|average|_r|_s)(?:_total)?$/

function samplesOf(
  name: string,
  { type, mean, bounds, over }: DescribedFamily,
  { labels, value, per, weight }: Row,
  facts: Facts,
): Sample[] {
  let amount = value
  for (const [fact, each] of per) amount += each * weight * (facts[fact] ?? 0)
  // What has never happened to one of many is not there yet.
  if (over !== undefined && type !== 'gauge' && per.length > 0 && amount <= 0) return []
  if (type === 'histogram') return histogramSamples({ labels, count: Math.max(amount, 0), mean }, bounds)
  if (type === 'summary') return summarySamples(labels, Math.max(Math.floor(amount), 0), mean)
  return [{ labels, value: measured.test(name) && !name.endsWith('bytes') ? amount : Math.round(Math.floor(amount)) }]
}

function summarySamples(labels: Labels, count: number, mean: number): Sample[] {
  const quantiles = [
    ['0', 0.3],
    ['0.25', 0.6],
    ['0.5', 0.9],
    ['0.75', 1.2],
    ['1', 4],
  ] as const
  return [
    ...quantiles.map(([quantile, times]) => ({ labels: { ...labels, quantile }, value: count > 0 ? mean * times : 0 })),
    { suffix: '_sum', labels, value: count * mean },
    { suffix: '_count', labels, value: count },
  ]
}

/** The facts of a program written in Go, for `go.yaml`. @param at milliseconds since the epoch, as is `startedAt` */
export function goFacts(program: {
  readonly startedAt: number
  readonly at: number
  readonly cpuSeconds: number
  readonly memoryBytes: number
  readonly goroutines: number
}): Facts {
  const { startedAt, at, cpuSeconds, memoryBytes, goroutines } = program
  const second = Math.max((at - startedAt) / 1000, 0)
  // As often as Go collects at least, and more with work.
  const gc = Math.floor(second / 110) + Math.floor(cpuSeconds * 0.6)
  return {
    second,
    gc,
    cpu: cpuSeconds,
    memory: memoryBytes,
    goroutine: goroutines,
    alloc: 3_000_000 + Math.floor(cpuSeconds * 42_000_000),
    start: startedAt / 1000,
    now: at / 1000,
    collected: gc > 0 ? startedAt / 1000 + Math.floor(second / 110) * 110 : 0,
  }
}
