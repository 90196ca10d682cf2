import type { CheckBlock, Condition, HttpCondition } from '../protocol/blocks.ts'
import type { CheckState } from '../protocol/live-block.ts'
import { watchObjects } from './cluster-watch.ts'
import type { ClusterApi } from './cluster-watch.ts'
import { eventVerdict, httpVerdict, objectVerdict, queryVerdict } from './verdict.ts'
import type { HttpFacts, QueryFacts, Verdict } from './verdict.ts'

/** What a check is evaluated on. */
export interface CheckedCluster {
  readonly api: ClusterApi
  /** Tells the newest values of a query, at first and whenever they change. @returns ends it */
  readonly query: (query: string, listener: (facts: QueryFacts) => void) => () => void
}

/** After a change what answers may still be on its way: asked again soon, then ever more seldom. */
const askAgainMillis = { first: 500, last: 30_000 }

/**
 * Evaluates a check as its cluster changes, in this process: what a learner does in the cluster can meet it, and nothing else.
 * @param listener told how it stands, at first and whenever that changes @returns ends it
 */
export function watchCheck(
  cluster: CheckedCluster,
  check: Pick<CheckBlock, 'conditions'>,
  listener: (state: CheckState) => void,
): () => void {
  const ending = new AbortController()
  const verdicts = new Map<number, Verdict>()
  let last = ''
  const tell = () => {
    if (ending.signal.aborted || verdicts.size < check.conditions.length) return
    const conditions = check.conditions.map((_, index) => verdicts.get(index) ?? { met: false, say: '' })
    const state: CheckState = { met: conditions.every(({ met }) => met), conditions }
    const text = JSON.stringify(state)
    if (text === last) return
    last = text
    listener(state)
  }
  for (const [index, condition] of check.conditions.entries()) {
    const judge = (verdict: Verdict) => {
      verdicts.set(index, verdict)
      tell()
    }
    watchCondition(cluster, condition, ending.signal, judge)
  }
  return () => ending.abort()
}

function watchCondition(
  { api, query }: CheckedCluster,
  condition: Condition,
  signal: AbortSignal,
  judge: (verdict: Verdict) => void,
): void {
  const unknown = (why: string) => judge({ met: false, say: condition.say ?? 'The cluster can be asked.', found: why })
  const guarded =
    <T>(verdict: (facts: T) => Verdict) =>
    (facts: T) => {
      try {
        judge(verdict(facts))
      } catch (error) {
        unknown(`The check itself is wrong: ${error instanceof Error ? error.message : String(error)}.`)
      }
    }
  if ('object' in condition) {
    const { object: resource, namespace, name, selector } = condition
    const verdict = guarded((objects: readonly unknown[]) => objectVerdict(condition, objects))
    void watchObjects(api, { resource, namespace, name, selector }, signal, verdict, unknown)
  } else if ('event' in condition) {
    const { namespace } = condition
    const verdict = guarded((events: readonly unknown[]) => eventVerdict(condition, events))
    void watchObjects(api, { resource: 'events', namespace, fields: `reason=${condition.event}` }, signal, verdict, unknown)
  } else if ('query' in condition) {
    const stop = query(
      condition.query,
      guarded((facts: QueryFacts) => queryVerdict(condition, facts)),
    )
    signal.addEventListener('abort', stop, { once: true })
  } else
    askWhenChanged(
      api,
      condition,
      signal,
      guarded((facts: HttpFacts) => httpVerdict(condition, facts)),
    )
}

/** Asks at first, whenever something changes that the answer may come from, and once in a while, for it may change by itself. */
function askWhenChanged(api: ClusterApi, { http }: HttpCondition, signal: AbortSignal, tell: (facts: HttpFacts) => void): void {
  const { service, namespace } = serviceOf(new URL(http))
  let asking = false
  let again = false
  let timer: NodeJS.Timeout | undefined
  let pause = askAgainMillis.first
  const ask = async (): Promise<void> => {
    again = asking
    if (asking || signal.aborted) return
    asking = true
    clearTimeout(timer)
    tell(await askThrough(api, http))
    asking = false
    if (again) return ask()
    if (signal.aborted) return
    timer = setTimeout(() => void ask(), pause)
    pause = Math.min(pause * 2, askAgainMillis.last)
  }
  const changed = () => {
    pause = askAgainMillis.first
    void ask()
  }
  for (const interest of [
    { resource: 'services', namespace, name: service },
    { resource: 'endpointslices.discovery.k8s.io', namespace, selector: `kubernetes.io/service-name=${service}` },
  ])
    void watchObjects(api, interest, signal, changed, changed)
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
}

/** Asks a Service by way of the API server's proxy, so it is the cluster that reaches it. */
async function askThrough(api: ClusterApi, http: string): Promise<HttpFacts> {
  const url = new URL(http)
  const { service, namespace } = serviceOf(url)
  const scheme = url.protocol === 'https:' ? 'https:' : ''
  const port = url.port || (scheme === '' ? '80' : '443')
  const path = `/api/v1/namespaces/${namespace}/services/${scheme}${service}:${port}/proxy${url.pathname}`
  try {
    const { status, text } = await api.getText(path, url.search === '' ? undefined : url.searchParams)
    return { status, body: text, ...refusalIn(status, text) }
  } catch (error) {
    return { why: `It does not answer: ${error instanceof Error ? error.message : String(error)}.` }
  }
}

/** `http://web.shop` and `http://web.shop.svc.cluster.local` are the service web in the namespace shop. */
function serviceOf(url: URL): { readonly service: string; readonly namespace: string } {
  const [service = '', namespace = 'default'] = url.hostname.split('.')
  return { service, namespace }
}

/** The API server's own words about a Service that it cannot reach. */
function refusalIn(status: number, text: string): { readonly why: string } | object {
  if (status < 400 || !text.startsWith('{"kind":"Status"')) return {}
  const { message = '' } = JSON.parse(text) as { readonly message?: string }
  return { why: `The cluster says: ${message.slice(0, 300)}.` }
}
