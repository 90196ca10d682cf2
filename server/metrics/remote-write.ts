import { PbfWriter } from 'pbf'
import { compress } from 'snappyjs'

/** A metrics page (text format) as it was at a moment. */
export interface SampledPage {
  /** Milliseconds since the epoch. */
  readonly millis: number
  /** What a scrape of it would have added: `job`, `instance`, … */
  readonly labels: Readonly<Record<string, string>>
  readonly text: string
}

interface Series {
  readonly labels: readonly (readonly [string, string])[]
  readonly samples: { readonly millis: number; readonly value: number }[]
}

/**
 * Gives Prometheus samples of the past over remote write. Series that it has not seen may begin as far back as
 * `storage.tsdb.out_of_order_time_window` allows.
 * Source: https://prometheus.io/docs/specs/prw/remote_write_spec/
 * @param url `…/api/v1/write` @throws Error with Prometheus' words when it refuses
 */
export async function writeSamples(url: string, pages: readonly SampledPage[]): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    body: new Uint8Array(compress(encodeWriteRequest(seriesOf(pages)))),
    signal: AbortSignal.timeout(30_000),
  })
  const words = await response.text()
  if (!response.ok) throw new Error(`Prometheus does not take samples of the past: ${words.trim().slice(0, 500)}`)
}

/** One line of the text format: name, labels, value; a timestamp does not occur in ours. */
const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g
const escapes: Readonly<Record<string, string>> = { n: '\n' }

/** The samples of pages, a series of each, in the order in which the pages come. */
export function seriesOf(pages: readonly SampledPage[]): readonly Series[] {
  const known = new Map<string, Series>()
  for (const { millis, labels, text } of pages) {
    const origin = JSON.stringify(labels)
    for (const each of text.split('\n')) {
      const read = line.exec(each)
      if (!read || each.startsWith('#')) continue
      const [, name = '', own = '', value = ''] = read
      const key = `${origin} ${name} ${own}`
      let series = known.get(key)
      if (!series) known.set(key, (series = { labels: allLabels(name, own, labels), samples: [] }))
      series.samples.push({ millis, value: numberOf(value) })
    }
  }
  return [...known.values()]
}

/** Sorted by name, as the specification demands. A label of the page gives way to the scrape's, as without `honor_labels`. */
function allLabels(name: string, own: string, scraped: SampledPage['labels']): Series['labels'] {
  const all = new Map([['__name__', name]])
  for (const [, key = '', value = ''] of own.matchAll(label))
    all.set(
      key in scraped ? `exported_${key}` : key,
      value.replaceAll(/\\(.)/g, (_, escaped: string) => escapes[escaped] ?? escaped),
    )
  for (const [key, value] of Object.entries(scraped)) all.set(key, value)
  // A label without a value is none.
  return [...all].filter(([, value]) => value !== '').toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity
  return text === '-Inf' ? -Infinity : Number(text)
}

/** `prometheus.WriteRequest`: timeseries = 1; TimeSeries: labels = 1, samples = 2; Sample: value = 1, timestamp = 2. */
function encodeWriteRequest(series: readonly Series[]): Uint8Array {
  const request = new PbfWriter()
  for (const each of series) request.writeMessage(1, writeSeries, each)
  return request.finish()
}

function writeSeries({ labels, samples }: Series, to: PbfWriter): void {
  for (const pair of labels) to.writeMessage(1, writeLabel, pair)
  for (const sample of samples) to.writeMessage(2, writeSample, sample)
}

function writeLabel([name, value]: readonly [string, string], to: PbfWriter): void {
  to.writeStringField(1, name)
  to.writeStringField(2, value)
}

function writeSample({ millis, value }: Series['samples'][number], to: PbfWriter): void {
  to.writeDoubleField(1, value)
  to.writeVarintField(2, Math.round(millis))
}
