import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { confineQuery, isConfined } from './confine-query.ts'
import type { Confined } from './confine-query.ts'
import { askConfined } from './api-answer.ts'
import type { ApiAnswer } from './api-answer.ts'
import type { Discovery } from './discovery.ts'
import { startDiscovery } from './discovery.ts'
import { startPrometheus } from './prometheus-process.ts'
import type { PrometheusProcess } from './prometheus-process.ts'
import { parseRangeAnswer } from './source.ts'
import type { RangeAnswer, ScrapeTarget } from './source.ts'

/** Where Prometheus is, as `tools/find-tools.ts` found it. */
export type PrometheusBinary =
  | { readonly found: true; readonly path: string }
  | { readonly found: false; readonly why: string; readonly howToGet: string }

export interface SharedPrometheusOptions {
  readonly binary: PrometheusBinary
  readonly stateDirectory: string
  readonly scrapeSeconds?: number | undefined
  readonly report: (error: unknown) => void
}

/** One Prometheus for all simulated clusters; each is answered from its own series only. */
export interface SharedPrometheus {
  /** Starts the process, if it does not run; otherwise it starts with the first question. */
  start(): Promise<void>
  /** @param intervals at which it wants some of its jobs scraped, seconds */
  register(cluster: string, targets: readonly ScrapeTarget[], intervals: () => readonly number[]): Promise<() => void>
  /** Where it takes samples of the past, over remote write. @throws when there is no Prometheus */
  samplesUrl(): Promise<string>
  /** @throws when there is no Prometheus to ask; its message is a sentence for people */
  query(cluster: string, parameters: URLSearchParams): Promise<RangeAnswer>
  /** Answers a question of Prometheus' HTTP API from the cluster's own series. @throws as `query` does */
  ask(cluster: string, path: string, parameters: readonly (readonly [string, string])[]): Promise<ApiAnswer>
  close(): Promise<void>
}

const Formatted = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data: z.string() }),
  z.object({ status: z.literal('error'), error: z.string() }),
])

/** It is started again once after a crash; after a second one within this time it stays down. */
const crashWindowMillis = 60_000
const askWithinMillis = 15_000
const mostRemembered = 2000
/** Bytes of one answer: a hundred lines of a thousand points are some 3 MB. */
const mostAnswered = 8 * 1024 * 1024

export function createSharedPrometheus({ binary, stateDirectory, scrapeSeconds, report }: SharedPrometheusOptions): SharedPrometheus {
  let discovery: Promise<Discovery> | undefined
  let folder: Promise<string> | undefined
  let running: Promise<PrometheusProcess> | undefined
  let lastCrash: number | undefined
  let gaveUp: string | undefined
  let closed = false
  const confined = new Map<string, RangeAnswer | string>()
  const queues = new Map<string, Promise<unknown>>()

  const discover = () => (discovery ??= startDiscovery(scrapeSeconds !== undefined))
  const makeFolder = async () => {
    await mkdir(stateDirectory, { recursive: true })
    return mkdtemp(join(resolve(stateDirectory), 'prometheus-'))
  }
  const onCrash = (words: string) => {
    report(new Error(`Prometheus ended: ${words}`))
    running = undefined
    const again = lastCrash === undefined || Date.now() - lastCrash > crashWindowMillis
    lastCrash = Date.now()
    if (!again) gaveUp = `Prometheus has stopped twice, so there are no charts. Its last words: ${words}`
    else if (!closed) void run().catch(report)
  }
  const run = (): Promise<PrometheusProcess> => {
    if (!binary.found) return Promise.reject(new Error(`Charts need Prometheus: ${binary.why} ${binary.howToGet}`))
    if (gaveUp !== undefined || closed) return Promise.reject(new Error(gaveUp ?? 'Prometheus has been stopped.'))
    const { path } = binary
    const start = async () =>
      startPrometheus({
        binary: path,
        folder: await (folder ??= makeFolder()),
        discoveryUrl: (await discover()).url,
        scrapeSeconds,
        onCrash,
      })
    // Once more, because its port may have been taken between choosing it and using it.
    running ??= start()
      .catch(start)
      .catch((cause: unknown) => {
        const words = cause instanceof Error ? cause.message : String(cause)
        gaveUp = `Prometheus does not start, so there are no charts: ${words}`
        throw new Error(gaveUp, { cause })
      })
    return running
  }
  /** The query for this cluster alone, or what Prometheus says is wrong with it. */
  const confine = async (url: string, cluster: string, query: string): Promise<RangeAnswer | string> => {
    const key = `${cluster} ${query}`
    const known = confined.get(key)
    if (known !== undefined) return known
    const made = await confineFor(url, cluster, query)
    if (confined.size >= mostRemembered) confined.clear()
    confined.set(key, made)
    return made
  }

  /** Each cluster's questions are asked one after the other: whoever asks heavy ones waits for them alone. */
  const inTurn = async <T>(cluster: string, question: () => Promise<T>): Promise<T> => {
    const before = queues.get(cluster) ?? Promise.resolve()
    const mine = before.then(question, question)
    queues.set(cluster, mine)
    try {
      return await mine
    } finally {
      if (queues.get(cluster) === mine) queues.delete(cluster)
    }
  }
  const rangeOf = async (cluster: string, parameters: URLSearchParams): Promise<RangeAnswer> => {
    const { url } = await run()
    const own = await confine(url, cluster, parameters.get('query') ?? '')
    if (typeof own !== 'string') return own
    const asked = new URLSearchParams([...parameters])
    asked.set('query', own)
    return withoutCluster(parseRangeAnswer(await ask(`${url}/api/v1/query_range`, asked)))
  }

  return {
    async start() {
      await run()
    },
    async samplesUrl() {
      return `${(await run()).url}/api/v1/write`
    },
    async register(cluster, targets, intervals) {
      return (await discover()).register(cluster, targets, intervals)
    },
    ask: (cluster, path, parameters) =>
      inTurn(cluster, async () => {
        const { url } = await run()
        const selectorFor = async (query: string): Promise<Confined> => {
          const own = await confine(url, cluster, query)
          return typeof own === 'string' ? { ok: true, query: own } : { ok: false, why: own.status === 'error' ? own.error : '' }
        }
        return askConfined(
          { url, cluster, confine: selectorFor, get: (address, asked) => ask(address, asked, path.startsWith('label/') ? 'GET' : 'POST') },
          path,
          parameters,
        )
      }),
    query: (cluster, parameters) => inTurn(cluster, () => rangeOf(cluster, parameters)),
    async close() {
      closed = true
      const process = await running?.catch(() => undefined)
      await process?.close()
      await (await discovery)?.close()
      if (folder) await rm(await folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
    },
  }
}

/**
 * Prometheus reads the query first, so that what is wrong is said in its own words; then it is confined; then
 * Prometheus writes the result out as it understands it, and every selector in that has to be confined still.
 */
async function confineFor(url: string, cluster: string, query: string): Promise<RangeAnswer | string> {
  const format = async (text: string) => Formatted.parse(await ask(`${url}/api/v1/format_query`, new URLSearchParams({ query: text })))
  const refused = (error: string): RangeAnswer => ({
    status: 'error',
    errorType: 'bad_data',
    error: error.replace(/^invalid parameter "query": /, ''),
  })
  const read = await format(query)
  if (read.status === 'error') return refused(read.error)
  const own = confineQuery(query, cluster)
  if (!own.ok) return refused(own.why)
  const written = await format(own.query)
  if (written.status === 'error') return refused(written.error)
  return isConfined(written.data, cluster) ? own.query : refused('The query cannot be confined to your own cluster. Write it more simply.')
}

/** @param method Prometheus answers labels' values to GET alone */
async function ask(url: string, parameters: URLSearchParams, method: 'GET' | 'POST' = 'POST'): Promise<unknown> {
  let text: string | undefined
  try {
    const signal = AbortSignal.timeout(askWithinMillis)
    const response = await (method === 'GET'
      ? fetch(`${url}?${parameters}`, { signal })
      : fetch(url, { method: 'POST', body: parameters, signal }))
    text = await boundedText(response)
    if (text !== undefined) return JSON.parse(text)
  } catch (cause) {
    throw new Error('Prometheus does not answer at the moment. It will be asked again.', { cause })
  }
  throw new Error('The query gives more than a chart can show. Sum it up or choose fewer series, for instance with topk(10, …).')
}

/** @returns undefined for more than is taken: one person's query must not fill the memory of everyone's server */
async function boundedText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body ?? []) {
    length += chunk.length
    if (length > mostAnswered) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function withoutCluster(answer: RangeAnswer): RangeAnswer {
  if (answer.status === 'error') return answer
  const without = (metric: Record<string, string>) => Object.fromEntries(Object.entries(metric).filter(([name]) => name !== 'cluster'))
  const result = answer.data.result.map(({ metric, values }) => ({ metric: without(metric), values }))
  return { ...answer, data: { ...answer.data, result } }
}
